"""The settings that count at once, without a restart."""

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _

from accounts.settings import changes
from accounts.settings.changes import Listed
from changeable_settings import GUESTS, KEEPING, LIMITS, NOTICE_LENGTH, SIGN_UP, SITE
from errors import N_
from views.admin.shared import blueprint, me
from views.http.forms import read_field, render_page, respond, show_field_errors
from views.pages import tr

# Group -> its heading.
HEADINGS = {
    SITE: N_("The site"),
    SIGN_UP: N_("Sign-up"),
    GUESTS: N_("Visitors without an account"),
    LIMITS: N_("Limits of an account"),
    KEEPING: N_("How long things are kept"),
}
# What is chosen rather than typed -> text of the value and its name.
CHOICES = {
    "SIGN_UP": (
        ("open", N_("Everybody may register")),
        ("invitation", N_("Only who is invited may register")),
        ("closed", N_("Nobody may register")),
    ),
    "USER_NAME_KINDS": (
        ("qq,email", N_("QQ numbers and mail addresses")),
        ("qq", N_("QQ numbers")),
        ("email", N_("Mail addresses")),
    ),
}
SWITCH = (("yes", N_("On")), ("no", N_("Off")))
NOTICES = ("NOTICE", "NOTICE_ZH")
# The hidden field beside each one: what it was when the form was made. What nobody touched is not written, so that a
# form which lay open does not undo what another administrator has changed meanwhile.
WAS, CONFIRM = "was.", "confirm"


@dataclass(frozen=True)
class Field:
    """One setting as the form shows it; `choices` is empty for what is typed."""

    listed: Listed
    was: str
    text: str
    choices: tuple[tuple[str, str], ...]
    is_number: bool
    length: int | None

    @property
    def name(self) -> str:
        return self.listed.setting.name

    @property
    def about(self) -> str:
        """What the setting does, as a sentence; the documents set names in backquotes."""
        text = tr(self.listed.setting.about).replace("`", "")
        return _("%(text)s.", text=text[0].upper() + text[1:])

    def name_value(self, value: object) -> str:
        """Return what the page calls a value."""
        text = changes.write_text(value)
        return tr(dict(self.choices).get(text, "")) or text or _("nothing")


def show(errors: dict | None = None) -> str:
    groups: dict[str, list[Field]] = {group: [] for group in HEADINGS}
    for listed in changes.list_settings():
        groups[listed.setting.group].append(_make_field(listed, bool(errors)))
    titles = {field.name: tr(field.listed.setting.title) for fields in groups.values() for field in fields}
    return render_page("admin/settings.html", errors=errors, groups=groups, headings=HEADINGS, titles=titles)


@blueprint.route("/settings", methods=["GET", "POST"])
@show_field_errors(show)
def settings():
    if request.method != "POST":
        return show()
    touched = {
        name: text for name, text in request.form.items() if f"{WAS}{name}" in request.form and _was_touched(name, text)
    }
    changes.change(me(), touched, CONFIRM in request.form)
    notice = _("The settings are changed. They count everywhere within a few seconds.") if touched else None
    return respond(url_for("admin.settings"), {"changed": sorted(touched)}, notice=notice)


@blueprint.post("/settings/<setting>/default")
@show_field_errors(show)
def take_back_setting(setting: str):
    changes.take_back(me(), setting, CONFIRM in request.form)
    notice = _("That setting is back to what it was without the change made here.")
    return respond(url_for("admin.settings"), {"taken_back": setting}, notice=notice)


def _was_touched(name: str, text: str) -> bool:
    return " ".join(text.split()) != " ".join(read_field(f"{WAS}{name}").split())


def _make_field(listed: Listed, is_again: bool) -> Field:
    name, value = listed.setting.name, listed.value
    text = changes.write_text(value)
    choices = SWITCH if isinstance(value, bool) else CHOICES.get(name, ())
    shown = request.form.get(name, text) if is_again else text
    was = request.form.get(f"{WAS}{name}", text) if is_again else text
    length = NOTICE_LENGTH if name in NOTICES else None
    return Field(listed, was, shown, choices, isinstance(value, int) and not isinstance(value, bool), length)
