"""The words of every mail. No subject holds anything that a person typed."""

from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _

from accounts.mail.mailbox_links import make_link
from accounts.security import codes
from accounts.settings.site import get_site_name


@dataclass(frozen=True)
class Letter:
    """One mail: plain paragraphs before and after the code, if there is one, and an address to go to, if any.

    `again` is the link by which the holder of the mailbox asks for a further code, whatever strangers asked for.
    """

    subject: str
    before: tuple[str, ...]
    code: str | None = None
    after: tuple[str, ...] = ()
    link: str | None = None
    again: str | None = None


def compose(purpose: str, name: str, code: str | None, has_account: bool, reason: str = "") -> Letter:
    """Return the mail for a purpose of `accounts.security.codes`, in the language in force.

    A reset for a name without an account carries no code and says why; `reason` is why an account is disabled.
    """
    if purpose == codes.REGISTER:
        return _write_registration(name, code, has_account)
    if purpose == codes.RESET:
        return _reset(name, code) if has_account else _write_to_nobody(name)
    if purpose == codes.DISABLED:
        return _write_account_disabled(name, reason)
    plain = {
        codes.CHANGED: _write_password_changed,
        codes.WELCOME: _write_welcome,
        codes.INVITE: _write_invitation,
        codes.DELETED: _write_account_deleted,
        codes.SIGN_IN_LINK: _sign_in_link,
        codes.TOKEN_CREATED: _write_token_created,
        codes.WEBHOOK_ADDED: _write_webhook_added,
    }
    return plain[purpose](name)


def _write_registration(name: str, code: str | None, has_account: bool) -> Letter:
    if not has_account:
        return Letter(
            _("Your code for %(site)s", site=get_site_name()),
            (
                _(
                    "Somebody, hopefully you, is creating an account at %(site)s with the user name %(name)s.",
                    name=name,
                    site=get_site_name(),
                ),
            ),
            code,
            (_describe_validity(), _ignore()),
            again=make_link(name),
        )
    return Letter(
        _("Your code for %(site)s", site=get_site_name()),
        (
            _(
                "Somebody, hopefully you, wants to create an account at %(site)s with the user name %(name)s.",
                name=name,
                site=get_site_name(),
            ),
            _("But this account exists already. You can sign in, or choose a new password if you forgot yours:"),
        ),
        code,
        (_("This code only proves that the mailbox is yours; it makes no second account."), _ignore()),
        _name_site("/login"),
        make_link(name),
    )


def _reset(name: str, code: str | None) -> Letter:
    return Letter(
        _("Your code for a new %(site)s password", site=get_site_name()),
        (_("Somebody, hopefully you, wants to choose a new password for the account %(name)s.", name=name),),
        code,
        (_describe_validity(), _ignore()),
        again=make_link(name),
    )


def _write_to_nobody(name: str) -> Letter:
    return Letter(
        _("No %(site)s account for this mailbox", site=get_site_name()),
        (
            _("Somebody, hopefully you, wants to choose a new password for the account %(name)s.", name=name),
            _("But there is no account with this user name. You may have used another one, or you can create one:"),
        ),
        after=(_ignore(),),
        link=_name_site("/register"),
        again=make_link(name),
    )


def _sign_in_link(name: str) -> Letter:
    return Letter(
        _("Signing in to your %(site)s account", site=get_site_name()),
        (
            _(
                "Somebody typed a wrong password for the account %(name)s so often that new browsers must wait.",
                name=name,
            ),
            _("If it was you, open this link in the browser in which you want to sign in, and it need not wait:"),
        ),
        after=(_("If it was not you, you need not do anything: your password is still yours alone."),),
        link=make_link(name),
    )


def _write_password_changed(name: str) -> Letter:
    return Letter(
        _("Your %(site)s password was changed", site=get_site_name()),
        (
            _("The password of the account %(name)s was changed, and all its other sessions were ended.", name=name),
            _("All access tokens were revoked, and all webhooks switched off until you switch them on again."),
            _("If it was not you, choose a new password at once:"),
        ),
        link=_name_site("/reset"),
    )


def _write_token_created(name: str) -> Letter:
    return Letter(
        _("A new access token of your %(site)s account", site=get_site_name()),
        (
            _("An access token was made for the account %(name)s. With it a program acts for the account.", name=name),
            _("If it was not you, choose a new password at once. That revokes all access tokens:"),
        ),
        link=_name_site("/reset"),
    )


def _write_webhook_added(name: str) -> Letter:
    return Letter(
        _("A new webhook of your %(site)s account", site=get_site_name()),
        (
            _("A webhook was added to the account %(name)s. It is told how each picture ended.", name=name),
            _("If it was not you, choose a new password at once. That switches all webhooks off:"),
        ),
        link=_name_site("/reset"),
    )


def _write_invitation(name: str) -> Letter:
    return Letter(
        _("Please choose a new %(site)s password", site=get_site_name()),
        (
            _("The administrator asks you to choose a new password for the account %(name)s.", name=name),
            _("The old one no longer works. Ask for a code and choose a new one here:"),
        ),
        link=_name_site("/reset"),
    )


def _write_welcome(name: str) -> Letter:
    return Letter(
        _("An account at %(site)s for you", site=get_site_name()),
        (
            _(
                "The administrator made an account at %(site)s for you. Your user name is %(name)s.",
                name=name,
                site=get_site_name(),
            ),
            _("It has no password yet. Ask for a code and choose one here:"),
        ),
        link=_name_site("/reset"),
    )


def _write_account_disabled(name: str, reason: str) -> Letter:
    given = (_("The reason given: %(reason)s", reason=reason),) if reason else ()
    return Letter(
        _("Your %(site)s account is disabled", site=get_site_name()),
        (_("The administrator disabled the account %(name)s. It can no longer sign in.", name=name), *given),
        after=(_("Your pictures are kept for now. If you think this is a mistake, write to whoever runs this site."),),
    )


def _write_account_deleted(name: str) -> Letter:
    return Letter(
        _("Your %(site)s account is deleted", site=get_site_name()),
        (_("The account %(name)s was deleted with all its pictures. This cannot be undone.", name=name),),
        after=(_("If it was not you, write to whoever runs this site."),),
    )


def _describe_validity() -> str:
    words: str = _("It is valid for %(minutes)s minutes and works once.", minutes=current_app.config["CODE_MINUTES"])
    return words


def _ignore() -> str:
    words: str = _("If it was not you, ignore this mail; nothing happens.")
    return words


def _name_site(path: str) -> str:
    # Never from the request: a forged Host header must not reach a mail.
    base: str = current_app.config["BASE_URL"]
    return base + path
