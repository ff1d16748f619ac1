"""The audit log: who did what to whom, when and from where."""

from flask import render_template, request
from flask_babel import lazy_gettext as _

from accounts import user_queries
from views.admin.shared import PAGE, blueprint, make_next_url, read_filters

ACTIONS = {
    "signed_in": _("signed in"),
    "signed_out": _("signed out"),
    "sign_in_failed": _("sign-in failed"),
    "sign_in_disabled": _("sign-in to a disabled account"),
    "registered": _("registered"),
    "code_requested": _("code asked for"),
    "code_wrong": _("wrong code"),
    "mail_sent": _("mail sent"),
    "mail_failed": _("mail failed"),
    "password_changed": _("password changed"),
    "mailbox_link_opened": _("mailed link opened"),
    "password_change_failed": _("password change failed"),
    "password_reset": _("new password by code"),
    "reset_started": _("new password demanded"),
    "session_ended": _("one session ended"),
    "other_sessions_ended": _("other sessions ended"),
    "all_sessions_ended": _("all sessions ended"),
    "token_created": _("access token made"),
    "token_creation_failed": _("access token refused"),
    "token_revoked": _("access token revoked"),
    "account_deleted": _("account deleted"),
    "account_deletion_failed": _("account deletion failed"),
    "data_downloaded": _("data downloaded"),
    "admin_created": _("administrator made"),
    "user_created": _("account made"),
    "user_disabled": _("account disabled"),
    "user_enabled": _("account enabled"),
    "user_promoted": _("made administrator"),
    "user_demoted": _("no administrator any more"),
    "quotas_set": _("limits set"),
    "webhook_added": _("webhook added"),
    "webhook_refused": _("webhook refused"),
    "webhook_deleted": _("webhook deleted"),
    "webhook_secret_renewed": _("webhook given a new secret"),
    "webhook_switched_off": _("webhook switched off"),
    "webhook_switched_on": _("webhook switched on"),
    "guest_started": _("visitor without an account came to try"),
    "share_created": _("link to a picture made"),
    "share_opened": _("shared picture opened"),
    "share_revoked": _("link to a picture revoked"),
    "album_deleted": _("album deleted"),
    "job_cancelled": _("job cancelled"),
    "job_retried": _("job tried again"),
    "jobs_purged": _("old jobs deleted"),
    "backup_made": _("backup made"),
    "storage_migrated": _("pictures moved"),
    "backup_restored": _("backup restored"),
    "weights_imported": _("weights imported"),
    "weights_refused": _("weights refused"),
    "weights_removed": _("weights removed"),
    "invitation_created": _("invitation made"),
    "invitation_revoked": _("invitation revoked"),
    "setting_changed": _("setting changed"),
    "setting_taken_back": _("change of a setting taken back"),
    "queue_paused": _("queue paused"),
    "queue_resumed": _("queue resumed"),
}


@blueprint.get("/audit")
def audit():
    chosen = read_filters("actor", "target", "action", "address")
    rows, mark = user_queries.list_events(chosen, PAGE, request.args.get("after", ""))
    return render_template(
        "admin/audit.html",
        events=rows,
        chosen=chosen,
        actions=ACTIONS,
        next_url=make_next_url("admin.audit", chosen, mark),
    )
