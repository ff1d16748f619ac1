"""What programs may do with an account, ended at once: its access tokens, and the webhooks that it has."""

from sqlalchemy import select, true, update

from accounts import tokens
from models import User, Webhook, db
from models.webhook import drop_pending


def end_all(user: User) -> None:
    """Revoke all access tokens and switch all webhooks off, within the caller's transaction.

    The owner can switch a webhook on again; what waited for it is never sent.
    """
    tokens.revoke_all(user)
    active = select(Webhook.id).where(Webhook.user_id == user.id, Webhook.is_active == true())
    webhook_ids = list(db.session.scalars(active))
    switched_off = update(Webhook).where(Webhook.id.in_(webhook_ids))
    db.session.execute(switched_off.values(is_active=False, failures=0))
    drop_pending(webhook_ids)
