"""Database classes. Importing this package registers every one of them on `db`."""

from models.access_token import AccessToken
from models.album import Album, AlbumPhoto
from models.base import count_changed, db, init_app, release, undo, utc_now
from models.daily_count import DailyCount
from models.email_code import EmailCode
from models.event import Event
from models.job import Job
from models.setting import ChangedSetting, DailyFigure, Setting
from models.share import Share
from models.user import Invitation, User
from models.user_session import UserSession
from models.webhook import Webhook, WebhookDelivery
from models.weights_import import WeightsImport
from models.worker import Worker

__all__ = [
    "AccessToken",
    "Album",
    "AlbumPhoto",
    "ChangedSetting",
    "DailyFigure",
    "EmailCode",
    "Event",
    "Invitation",
    "Setting",
    "Share",
    "Job",
    "DailyCount",
    "User",
    "UserSession",
    "Webhook",
    "WebhookDelivery",
    "WeightsImport",
    "Worker",
    "count_changed",
    "db",
    "init_app",
    "release",
    "undo",
    "utc_now",
]
