"""The settings that an administrator may change while the site runs, each with its group and name on their page.

What reads one of them asks `accounts.settings.current`, never `app.config`, which says what the environment says.
"""

from errors import N_
from setting_readers import Setting, name_kinds, read_line, read_one_of, read_whole, switch

# Who may register.
OPEN, BY_INVITATION, CLOSED = "open", "invitation", "closed"
# The groups of the page, in its order.
SITE, SIGN_UP, GUESTS, LIMITS, KEEPING = "site", "sign_up", "guests", "limits", "keeping"
NOTICE_LENGTH = 500

_SETTINGS = (
    Setting(
        "SITE_TITLE",
        read_line(40),
        None,
        N_("what the site calls itself in its pages and mails; Revive when absent"),
        SITE,
        N_("Name of the site"),
    ),
    Setting(
        "NOTICE",
        read_line(NOTICE_LENGTH),
        None,
        N_("one line of text that stands above every page, such as when the site will be away"),
        SITE,
        N_("Notice in English"),
    ),
    Setting(
        "NOTICE_ZH",
        read_line(NOTICE_LENGTH),
        None,
        N_("the same in Chinese; pages in Chinese have `NOTICE` when absent"),
        SITE,
        N_("Notice in Chinese"),
    ),
    Setting(
        "SIGN_UP",
        read_one_of(OPEN, BY_INVITATION, CLOSED),
        OPEN,
        N_(
            "who may register: `open` everybody, `invitation` who has an invitation, `closed` nobody; administrators can always make accounts"
        ),
        SIGN_UP,
        N_("Sign-up"),
    ),
    Setting(
        "USER_NAME_KINDS",
        name_kinds,
        ("qq", "email"),
        N_("which user names may register: `qq`, `email` or both"),
        SIGN_UP,
        N_("User names"),
    ),
    Setting(
        "TRY_WITHOUT_ACCOUNT",
        switch,
        False,
        N_("visitors may try the tools for an hour without an account"),
        GUESTS,
        N_("Try without an account"),
    ),
    Setting(
        "MAX_GUEST_MEGAPIXELS",
        read_whole(1, 50),
        2,
        N_("largest picture of a visitor without an account"),
        GUESTS,
        N_("Megapixels of a picture"),
    ),
    Setting(
        "MAX_GUEST_JOBS_PER_DAY",
        read_whole(1, 100_000),
        500,
        N_("jobs of all such visitors together in a day (UTC)"),
        GUESTS,
        N_("Jobs of all visitors a day"),
    ),
    Setting(
        "MAX_GUEST_STORAGE_MEGABYTES",
        read_whole(1, 1_000_000),
        1000,
        N_("storage of all such visitors together"),
        GUESTS,
        N_("Storage of all visitors in megabytes"),
    ),
    Setting(
        "MAX_ACTIVE_JOBS",
        read_whole(1, 1000),
        20,
        N_("jobs that one account may have waiting or running at the same time"),
        LIMITS,
        N_("Jobs at once"),
    ),
    Setting(
        "MAX_JOBS_PER_DAY",
        read_whole(1, 100_000),
        500,
        N_("jobs that one account may start in a day (UTC)"),
        LIMITS,
        N_("Jobs a day"),
    ),
    Setting(
        "MAX_MEGAPIXELS_PER_DAY",
        read_whole(1, 1_000_000),
        10_000,
        N_("megapixels that one account may process in a day (UTC)"),
        LIMITS,
        N_("Megapixels a day"),
    ),
    Setting(
        "MAX_STORAGE_MEGABYTES",
        read_whole(1, 1_000_000),
        2000,
        N_("storage of one account, originals and results combined"),
        LIMITS,
        N_("Storage in megabytes"),
    ),
    Setting(
        "JOB_MINUTES",
        read_whole(1, 240),
        20,
        N_("a job that runs longer is stopped and fails with a reason"),
        LIMITS,
        N_("Minutes for a job"),
    ),
    Setting(
        "MAX_WEBHOOKS",
        read_whole(0, 100),
        5,
        N_("webhooks that one account may have; 0 allows none"),
        LIMITS,
        N_("Webhooks"),
    ),
    Setting(
        "RETENTION_DAYS",
        read_whole(0, 3650),
        0,
        N_("jobs and their pictures are deleted after this many days; 0 keeps them"),
        KEEPING,
        N_("Days that finished pictures are kept"),
    ),
    Setting(
        "SHARE_DAYS",
        read_whole(0, 365),
        0,
        N_("longest time that a link lasts by which anybody may look at one result, in days; 0 allows no such links"),
        KEEPING,
        N_("Days that a shared link lasts"),
    ),
    Setting(
        "WEBHOOK_LOG_DAYS",
        read_whole(2, 365),
        14,
        N_("the log of what webhooks were sent is kept for this many days"),
        KEEPING,
        N_("Days that the log of webhooks is kept"),
    ),
)
CHANGEABLE = {setting.name: setting for setting in _SETTINGS}
