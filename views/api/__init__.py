"""What programs use, under `/api/v1`: JSON in and out, access tokens, and its own description (OpenAPI).

Each module declares its addresses with `views.api.operation`, from which the description is made.
"""

from views.api import (
    account,
    admin,
    admin_accounts,
    admin_invitations,
    admin_settings,
    albums,
    docs,
    job_changes,
    jobs,
    pictures,
    prints,
    tools,
)
from views.api.operation import blueprint
from views.http.guards import csrf

__all__ = [
    "account",
    "admin",
    "admin_accounts",
    "admin_invitations",
    "admin_settings",
    "albums",
    "blueprint",
    "docs",
    "job_changes",
    "jobs",
    "pictures",
    "prints",
    "tools",
]

# A token comes with each request because the program sends it, never because a browser does. Where a page brings its
# session instead, `views.http.guards.know_program` checks the header.
csrf.exempt(blueprint)
