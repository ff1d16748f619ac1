"""From a job that ends to a message that arrives: attempts, pauses, turns, workers side by side."""

import json
from datetime import timedelta

import pytest

from accounts import administration
from jobs import lifecycle
from jobs import trash as job_trash
from models import Event, User, Webhook, WebhookDelivery, db
from models.webhook import DELIVERED, GIVEN_UP, PENDING
from tests.accounts.people import at_once
from tests.jobs.support import make_job, make_user, run_job
from tests.support.engines import both_engines
from tests.webhooks.support import (
    add_webhook,
    delivery_of,
    end_job,
    is_signed,
    job_of,
    make_delivery,
    owner_of,
    queue_job,
    webhook_of,
)
from webhooks import announcements, deliveries, registry
from webhooks.deliveries import PAUSES_SECONDS
from worker import webhook_sender

ELSEWHERE = "https://hooks.example.com/"


def data_of(delivery: WebhookDelivery) -> dict:
    return json.loads(delivery.body)["data"]


def all_deliveries() -> list[WebhookDelivery]:
    db.session.rollback()
    return list(db.session.scalars(db.select(WebhookDelivery).order_by(WebhookDelivery.created_at)))


def interrupt(_attempt) -> int:
    raise KeyboardInterrupt


@both_engines
def test_a_job_that_is_done_is_told_of_with_a_signature(in_app, user_id, receiver):
    webhook_id, secret, _mail = add_webhook(user_id, receiver.url)
    job = run_job(make_job(user_id, name="祖母.jpg"))
    assert webhook_sender.work(in_app) == 1
    (message,) = receiver.messages
    assert is_signed(message, secret) and message.path == "/hooks?of=revive"
    body = json.loads(message.body)
    assert body["type"] == "job.ended" and body["timestamp"].endswith("Z")
    assert body["data"] == {
        "id": job.id,
        "service": "adjust",
        "status": "done",
        "verdict": "",
        "verdict_message": "",
        "error": None,
        "has_result": True,
        "name": "祖母.jpg",
        "created_at": f"{job.created_at.isoformat()}Z",
        "finished_at": f"{job.finished_at.isoformat()}Z",
        "url": f"http://127.0.0.1:5000/12345/jobs/{job.id}",
    }
    (delivery,) = all_deliveries()
    assert (delivery.status, delivery.attempts, delivery.http_status, delivery.error) == (DELIVERED, 1, 204, "")
    assert message.headers["webhook-id"] == delivery.id and delivery.webhook_id == webhook_id
    assert webhook_sender.work(in_app) == 0 and len(receiver.messages) == 1


def test_every_way_in_which_a_job_ends_is_told_of_once(in_app, user_id, sampler):
    add_webhook(user_id, ELSEWHERE)
    ended = {
        "cancelled by its owner": end_job(user_id),
        "failed": run_job(make_job(user_id, service="sampler", way="rogue")).id,
        "done without a result": run_job(make_job(user_id, service="sampler", way="decline")).id,
        "deleted while it waits": queue_job(user_id),
    }
    job_trash.put(user_id, [ended["deleted while it waits"]])
    waiting = queue_job(user_id)
    assert announcements.announce() == len(ended) and announcements.announce() == 0
    told = {delivery.job_id: data_of(delivery) for delivery in all_deliveries()}
    assert set(told) == set(ended.values()) and waiting not in told
    assert told[ended["failed"]]["status"] == "failed" and told[ended["failed"]]["error"]["key"]
    assert told[ended["cancelled by its owner"]]["status"] == "cancelled"
    nothing = told[ended["done without a result"]]
    assert (nothing["status"], nothing["has_result"]) == ("done", False) and nothing["verdict"]
    assert [job_id for job_id in told if told[job_id]["url"] is None] == [ended["deleted while it waits"]]
    assert not any(job_of(job_id).webhooks_due for job_id in ended.values())


def test_a_job_that_is_tried_again_is_told_of_again(user_id):
    add_webhook(user_id, ELSEWHERE)
    job_id = make_job(user_id)
    lifecycle.cancel(user_id, job_id)
    announcements.announce()
    lifecycle.retry(user_id, job_id)
    assert announcements.announce() == 0
    run_job(job_id)
    assert announcements.announce() == 1
    assert [data_of(delivery)["status"] for delivery in all_deliveries()] == ["cancelled", "done"]


def test_words_are_in_the_owners_language(user_id, sampler):
    db.session.execute(db.update(User).values(language="zh"))
    db.session.commit()
    add_webhook(user_id, ELSEWHERE)
    run_job(make_job(user_id, service="sampler", way="rogue"))
    announcements.announce()
    message = data_of(all_deliveries()[0])["error"]["message"]
    assert any("\u4e00" <= character <= "\u9fff" for character in message)


def test_each_active_webhook_of_the_owner_is_told_and_nobody_elses(user_id):
    other = make_user("67890")
    first, second, off = (add_webhook(user_id, f"{ELSEWHERE}{n}")[0] for n in range(3))
    add_webhook(other, ELSEWHERE, "67890")
    registry.switch(owner_of(user_id), off, False)
    end_job(user_id)
    assert announcements.announce() == 2
    assert {delivery.webhook_id for delivery in all_deliveries()} == {first, second}


def test_a_disabled_account_is_sent_nothing(user_id, in_app, receiver):
    make_delivery(user_id, receiver.url)
    queue_job(user_id)
    administration.disable(administration.Administrator("54321", ""), user_id, "Spam")
    assert webhook_sender.work(in_app) == 0 and receiver.messages == []
    assert len(all_deliveries()) == 1


def test_failed_attempts_are_repeated_with_growing_pauses_and_then_given_up(user_id, receiver, clock):
    receiver.statuses = [500]
    delivery_id = make_delivery(user_id, receiver.url)
    for attempt, pause in enumerate(PAUSES_SECONDS, 1):
        assert deliveries.list_due() == [delivery_id]
        deliveries.send(delivery_id)
        delivery = delivery_of(delivery_id)
        assert (delivery.status, delivery.attempts) == (PENDING, attempt)
        assert (delivery.http_status, delivery.error) == (500, "answered")
        clock.go_on(pause - 1)
        assert deliveries.list_due() == [] and not deliveries.send(delivery_id)
        clock.go_on(1)
    deliveries.send(delivery_id)
    assert delivery_of(delivery_id).status == GIVEN_UP and deliveries.list_due() == []
    assert len(receiver.messages) == len(PAUSES_SECONDS) + 1
    assert PAUSES_SECONDS == tuple(sorted(PAUSES_SECONDS)) and sum(PAUSES_SECONDS) < 86_400
    sent = [(m.headers["webhook-id"], m.body, int(m.headers["webhook-timestamp"])) for m in receiver.messages]
    assert len({(message_id, body) for message_id, body, _ in sent}) == 1, "each attempt sends the same"
    assert len({timestamp for _, _, timestamp in sent}) == len(sent), "but is signed with its own time"


def test_a_later_attempt_arrives_and_forgets_the_failures(user_id, receiver, clock):
    receiver.statuses = [503, 200]
    delivery_id = make_delivery(user_id, receiver.url)
    webhook_id = delivery_of(delivery_id).webhook_id
    db.session.execute(db.update(Webhook).values(failures=4))
    db.session.commit()
    assert not deliveries.send(delivery_id)
    clock.go_on(PAUSES_SECONDS[0])
    assert deliveries.send(delivery_id)
    delivery = delivery_of(delivery_id)
    assert (delivery.status, delivery.attempts, delivery.http_status, delivery.error) == (DELIVERED, 2, 200, "")
    assert webhook_of(webhook_id).failures == 0


def test_a_webhook_whose_deliveries_are_all_given_up_is_switched_off(user_id, receiver, clock):
    receiver.statuses = [500]
    first = make_delivery(user_id, receiver.url)
    webhook_id = delivery_of(first).webhook_id
    db.session.execute(db.update(Webhook).values(failures=deliveries.MAX_FAILURES - 1))
    db.session.execute(db.update(WebhookDelivery).values(attempts=len(PAUSES_SECONDS)))
    db.session.commit()
    end_job(user_id)
    announcements.announce()
    deliveries.send(first)
    assert not webhook_of(webhook_id).is_active and deliveries.list_due() == []
    assert [d.error for d in all_deliveries() if d.id != first] == ["switched_off"]
    event = db.session.scalars(db.select(Event).order_by(Event.id.desc())).first()
    assert (event.action, event.actor, event.target) == ("webhook_switched_off", "", "12345")


@both_engines
def test_two_workers_at_once_send_one_message(in_app, user_id, receiver):
    delivery_id = make_delivery(user_id, receiver.url)

    def send(_worker: int) -> bool:
        with in_app.app_context():
            return deliveries.send(delivery_id)

    assert sorted(at_once(2, send)) == [False, True]
    assert len(receiver.messages) == 1 and delivery_of(delivery_id).attempts == 1


@both_engines
def test_two_workers_at_once_write_one_delivery(in_app, user_id):
    add_webhook(user_id, ELSEWHERE)
    end_job(user_id)

    def announce(_worker: int) -> int:
        with in_app.app_context():
            return announcements.announce()

    assert sorted(at_once(2, announce)) == [0, 1] and len(all_deliveries()) == 1


def test_a_message_whose_worker_died_is_sent_again_after_its_time(user_id, receiver, clock, monkeypatch):
    delivery_id = make_delivery(user_id, receiver.url)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(deliveries, "_post", interrupt)
        deliveries.send(delivery_id)
    assert deliveries.list_due() == []
    clock.go_on(deliveries.LEASE_SECONDS)
    assert deliveries.list_due() == [delivery_id] and deliveries.send(delivery_id)


def test_an_attempt_that_fails_in_a_way_nobody_foresaw_is_counted_as_well(user_id, clock, monkeypatch):
    delivery_id = make_delivery(user_id, ELSEWHERE)
    monkeypatch.setattr(deliveries.sending, "post", lambda *_given: {}["nothing"])
    for pause in (*PAUSES_SECONDS, 0):
        assert not deliveries.send(delivery_id)
        clock.go_on(pause)
    delivery = delivery_of(delivery_id)
    assert (delivery.status, delivery.error) == (GIVEN_UP, "unexpected") and deliveries.list_due() == []


def test_accounts_take_turns(user_id):
    for _ in range(3):
        end_job(user_id)
    other = make_user("67890")
    add_webhook(user_id, ELSEWHERE)
    add_webhook(other, ELSEWHERE, "67890")
    end_job(other)
    assert announcements.announce() == 4
    owners = {delivery.id: data_of(delivery)["url"].split("/")[3] for delivery in all_deliveries()}
    assert sorted(owners[delivery_id] for delivery_id in deliveries.list_due()) == ["12345", "67890"]


def test_a_secret_that_the_sites_key_does_not_open_is_told(in_app, user_id, receiver):
    delivery_id = make_delivery(user_id, receiver.url)
    in_app.config["SECRET_KEY"] = "another key of more than 32 characters"
    assert not deliveries.send(delivery_id) and delivery_of(delivery_id).error == "secret_lost"
    in_app.config["SECRET_KEY_FALLBACKS"] = ("k" * 64,)
    db.session.execute(db.update(WebhookDelivery).values(next_attempt_at=delivery_of(delivery_id).created_at))
    db.session.commit()
    assert deliveries.send(delivery_id)


def test_an_address_that_is_no_longer_allowed_is_sent_nothing(in_app, user_id, receiver):
    delivery_id = make_delivery(user_id, receiver.url)
    in_app.config["WEBHOOK_NETWORKS"] = ()
    assert not deliveries.send(delivery_id) and receiver.messages == []
    assert delivery_of(delivery_id).error == "address_refused"


def test_a_webhook_that_is_deleted_during_an_attempt_leaves_nothing(in_app, user_id, receiver):
    delivery_id = make_delivery(user_id, receiver.url)
    webhook_id = delivery_of(delivery_id).webhook_id

    def delete() -> None:
        with in_app.app_context():
            registry.delete(owner_of(user_id), webhook_id)

    receiver.before_response = delete
    deliveries.send(delivery_id)
    assert all_deliveries() == []


def test_the_log_is_kept_for_some_days(user_id):
    make_delivery(user_id, ELSEWHERE)
    old = db.update(WebhookDelivery).values(created_at=WebhookDelivery.created_at)
    deliveries.remove_old(2)
    assert len(all_deliveries()) == 1
    db.session.execute(old.values(created_at=all_deliveries()[0].created_at - timedelta(days=3)))
    db.session.commit()
    deliveries.remove_old(2)
    assert all_deliveries() == []
