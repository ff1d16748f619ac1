"""The language of the command: that of the environment or of `--language`; machines are spoken to in English."""

import json
import re

import click
import pytest

import run
from command_line import use_language
from models import db
from revive import click_texts
from services import SERVICES
from tests.accounts.people import PASSWORD
from tests.commands.conftest import names
from tests.jobs.support import picture


@pytest.fixture
def speak(monkeypatch):
    """Set the variables of the environment that name a language; "" for none."""

    def choose(**variables: str) -> None:
        for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
            monkeypatch.setenv(name, variables.get(name, ""))

    return choose


@pytest.mark.parametrize(
    ("variables", "is_chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LC_MESSAGES": "zh_TW", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ({"LANGUAGE": "fr:zh_CN:en", "LANG": "fr_FR.UTF-8"}, True),
        ({"LANGUAGE": "en_GB:zh", "LANG": "zh_CN.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({}, False),
    ],
)
def test_the_environment_chooses_the_language(revive, speak, variables, is_chinese):
    speak(**variables)
    assert ("用法：" in revive("--help").output) == is_chinese


def test_the_option_outweighs_the_environment(revive, speak, folder, out):
    speak(LANG="zh_CN.UTF-8")
    assert "Usage:" in revive("--language", "en", "adjust", "--help").output
    done = revive("--language", "en", "adjust", folder, "-o", out, "--brightness", "2")
    assert "2 of 2 pictures done. 1 skipped." in done.stdout


def test_what_is_told_of_pictures_is_chinese(revive, speak, folder, out):
    speak(LANG="zh_CN.UTF-8")
    done = revive("adjust", folder, "-o", out, "--brightness", "2")
    assert done.exit_code == 0 and "2 张图片中已完成 2 张。 跳过 1 个。" in done.stdout
    assert "notes.txt: 无法识别此文件。" in done.stderr and "已跳过。" in done.stderr
    assert "a.png 已经存在。" in revive("adjust", folder, "-o", out, "--brightness", "2").stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["adjust", "nowhere.png", "-o", "b.png", "--brightness", "2"], "没有文件或文件夹"),
        (["adjust", "-", "--brightness", "1000"], "数字超出范围。"),
        (["adjust", "-", "--transform", "45"], "'45' 不在可选值 'none'"),
        (["adjust", "-", "--transfrm", "45"], "没有选项 '--transfrm'。"),
        (["inpaint", "-", "--mask", "gone.png"], "文件 'gone.png' 不存在。"),
        (["adjust"], "缺少参数 'INPUT...'"),
        (["bogus"], "没有命令 'bogus'"),
        (["deblur", "-"], "此工具不可用"),
    ],
)
def test_faults_are_told_in_chinese(revive, speak, arguments, sentence):
    speak(LANG="zh_CN.UTF-8")
    done = revive(*arguments, data=picture())
    assert done.exit_code in (1, 2) and "错误：" in done.stderr and sentence in done.stderr


@pytest.mark.parametrize("tool", [service.key for service in SERVICES])
def test_no_sentence_of_the_help_is_left_in_english(revive, speak, tool):
    speak(LANG="zh_CN.UTF-8")
    shown = revive(tool, "--help").output
    assert [line for line in shown.splitlines()[1:] if re.search(r"[a-z]\.$", line)] == [] and "选项" in shown


def test_json_stays_english(revive, speak, folder, out):
    speak(LANG="zh_CN.UTF-8")
    done = revive("adjust", folder, "-o", out, "--brightness", "2", "--json")
    messages = [line["message"] for line in map(json.loads, done.stdout.splitlines()) if line["status"] == "skipped"]
    assert messages[0].startswith("This file is not a picture") and messages[0].endswith("Skipped.")
    assert names(out) == ["a.png", "b.jpg"]


def test_flask_process_speaks_the_same(app, speak, tmp_path):
    speak(LANG="zh_CN.UTF-8")
    told = app.test_cli_runner().invoke(args=["process", "adjust", str(tmp_path), str(tmp_path), "--brightness", "2"])
    assert "OUTPUT 会覆盖 INPUT：请选择另一个文件夹。" in told.output


def test_the_texts_of_click_are_those_of_the_installed_one(monkeypatch):
    """Of a few that any call meets: a Click that says them otherwise would say them in English."""
    monkeypatch.setenv("LANGUAGE", "zh")
    use_language()
    command = click.Command("tool", params=[click.Argument(["input"]), click.Option(["--size"], type=int)])
    for arguments in (["--help"], [], ["a", "--size"], ["a", "--size", "x"], ["a", "b"], ["--siz"]):
        try:
            told = command.main(arguments, standalone_mode=False) or ""
        except click.UsageError as error:
            told = error.format_message()
        assert not [text for text in ("Missing", "requires", "is not", "unexpected", "No such") if text in str(told)]
    assert all(isinstance(text, str) for text in click_texts.TEXTS)


def test_the_commands_of_the_site_speak_it_too(app, speak):
    """Their help without a sentence in English; what they do and what they refuse as well."""
    speak(LANG="zh_CN.UTF-8")
    invoke = app.test_cli_runner().invoke
    for name in ("users", "jobs", "weights", "worker"):
        command = app.cli.commands[name]
        for part in ([], *([each] for each in getattr(command, "commands", {}))):
            shown = invoke(args=[name, *part, "--help"]).output
            assert "用法：" in shown and [line for line in shown.splitlines() if re.search(r"[a-z]\.$", line)] == []
    make = ["users", "create-admin", "12345", "--password-stdin"]
    assert "错误：" in (refused := invoke(args=make, input="short\n")).output and "Please" not in refused.output
    assert "已创建管理员 12345。" in invoke(args=make, input=f"{PASSWORD}\n").output
    assert "管理员" in invoke(args=["users", "list"]).output
    assert "没有账号 67890。" in invoke(args=["users", "enable", "67890"]).output
    last = invoke(args=["users", "demote", "12345"]).output
    assert "错误：" in last and not re.search("[a-z]{3}", last)
    assert "已删除 0 个任务。" in invoke(args=["jobs", "purge"]).output


def test_the_versions_of_the_database_are_told_in_it_too(app, speak):
    invoke = app.test_cli_runner().invoke
    newest = invoke(args=["database", "current"]).output
    assert re.fullmatch(r"The database has version [0-9]{4}, the newest.\n", newest)
    assert "no version 0000 to go to" in invoke(args=["database", "upgrade", "0000"]).output
    speak(LANG="zh_CN.UTF-8")
    back = invoke(args=["database", "downgrade"]).output
    assert "数据库已从版本" in back and "最新版本为" in back
    assert invoke(args=["database", "upgrade"]).output.endswith("是最新版本。\n")
    with app.app_context():
        db.session.execute(db.text("UPDATE alembic_version SET version_num = '9999'"))
        db.session.commit()
    assert "由更新的版本创建" in invoke(args=["database", "upgrade"]).output


def test_starting_the_site_speaks_it_too(monkeypatch, speak):
    speak(LANG="zh_CN.UTF-8")
    monkeypatch.setattr(run.config, "load_or_exit", lambda: {"HOST": "127.0.0.1", "PORT": 80})
    monkeypatch.setattr(run, "responds", lambda *_: True)
    monkeypatch.setattr(run.os, "umask", lambda _: None)
    with pytest.raises(SystemExit, match="端口 80 已被占用"):
        run.main()
