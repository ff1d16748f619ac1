"""The administration, under `/admin/`; who is no administrator finds nothing there (see `views.http.guards`)."""

from views.admin import audit, invitations, jobs, overview, queue, settings, storage, users, weights
from views.admin.shared import blueprint

__all__ = ["audit", "blueprint", "invitations", "jobs", "overview", "queue", "settings", "storage", "users", "weights"]
