"""What all tests of a process share, so that each need not make it again: what is compiled, and Python's start.

Fixtures, which `tests/conftest.py` brings to all tests.
"""

import io
import os
import subprocess
from types import SimpleNamespace

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

import config
from checkpoints import imports
from imaging.io import child
from models import sqlite
from tests.support import forked_children as children
from tests.support import forked_programs as programs

CATALOGUE = config.ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
MAX_STATEMENTS = 2000


@pytest.fixture(autouse=True, scope="session")
def compiled_catalogue():
    """What the start of the site does, but in one step: tests of another process may be reading it."""
    compiled, target = io.BytesIO(), CATALOGUE.with_suffix(".mo")
    if not target.exists() or target.stat().st_mtime < CATALOGUE.stat().st_mtime:
        with CATALOGUE.open("rb") as source:
            write_mo(compiled, read_po(source, locale="zh"))
        partial = target.with_suffix(f".{os.getpid()}")
        partial.write_bytes(compiled.getvalue())
        partial.replace(target)


class CompiledTemplates(BytecodeCache):
    """Jinja's compiled templates, by name and checksum of the source: each application would compile its own."""

    def __init__(self) -> None:
        self.codes: dict[tuple[str, str], object] = {}

    def load_bytecode(self, bucket):
        bucket.code = self.codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket):
        self.codes[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(autouse=True, scope="session")
def compiled_templates():
    Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}
    yield
    Flask.jinja_options = {}


@pytest.fixture(autouse=True, scope="session")
def compiled_urls():
    """Each application would read the same URLs, and compile the same code that builds them: nearly all the time that
    one takes to make.
    """
    compile_rule, compiled = Rule.compile, {}

    def compile_once(rule):
        defaults, converters = tuple((rule.defaults or {}).items()), frozenset(rule.map.converters.items())
        place = rule.host if rule.map.host_matching else rule.subdomain
        key = (rule.rule, place, rule.merge_slashes, defaults, converters)
        if key not in compiled:
            compile_rule(rule)
            builders = rule._build.__func__, rule._build_unknown.__func__
            compiled[key] = rule._parts, rule._trace, rule._converters, rule.arguments, builders
        parts, trace, converters_used, arguments, builders = compiled[key]
        rule._parts, rule._trace, rule._converters = list(parts), list(trace), dict(converters_used)
        rule.arguments = set(arguments)
        rule._build, rule._build_unknown = (builder.__get__(rule, None) for builder in builders)

    Rule.compile = compile_once
    yield
    Rule.compile = compile_rule


@pytest.fixture(autouse=True, scope="session")
def compiled_statements():
    """Each application has an engine of its own, which would compile every SQL statement anew.

    SQLAlchemy finds what it compiled by the statement and by the dialect. The dialects of two engines of one kind are
    the same here: all tests ask the same server, and the same SQLite.
    """
    make_engine, dialects, statements = SQLAlchemy._make_engine, (SQLiteDialect_pysqlite, MySQLDialect_pymysql), {}

    def share_statements(self, *arguments):
        engine = make_engine(self, *arguments)
        engine._compiled_cache = statements.setdefault(engine.dialect.name, LRUCache(MAX_STATEMENTS))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLAlchemy, "_make_engine", share_statements)
        for dialect in dialects:
            patch.setattr(dialect, "__eq__", lambda self, other: type(self) is type(other))
            patch.setattr(dialect, "__hash__", lambda self: hash(type(self)))
        yield


@pytest.fixture(autouse=True, scope="session")
def forked_children():
    """Nearly every job of a test begins with an upload, which a new Python would look at."""
    known = SimpleNamespace(Popen=children.start_child, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "subprocess", known)
        yield
    children.stop_servers()


@pytest.fixture(autouse=True, scope="session")
def forked_programs():
    """An official checkpoint is converted by a new Python, which would import PyTorch. Workers: see `tests.jobs`."""
    known = {name: getattr(subprocess, name) for name in ("DEVNULL", "TimeoutExpired")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "subprocess", SimpleNamespace(run=programs.run_converter, **known))
        yield
    programs.stop_servers()


@pytest.fixture(autouse=True, scope="session")
def unsynced_files():
    """Nobody takes the power away in a test: nothing waits until the disk has what was written, which takes 5 to 40 ms
    for each test of the site, and more for each upload.
    """
    set_pragmas = sqlite._set_pragmas

    def set_pragmas_unsynced(connection, record, lock_seconds):
        set_pragmas(connection, record, lock_seconds)
        connection.execute("PRAGMA synchronous = OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_set_pragmas", set_pragmas_unsynced)
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
