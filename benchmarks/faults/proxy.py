"""The network between two programs: forwards bytes, and while it is cut holds them back in both directions."""

import asyncio
import threading

_CHUNK_BYTES = 1 << 16


class Network:
    """The loop in which all links run, in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="network", daemon=True).start()

    def link(self, target_port: int) -> "Link":
        """Return a new link to a port of 127.0.0.1."""
        return asyncio.run_coroutine_threadsafe(self._link(target_port), self._loop).result()

    async def _link(self, target_port: int) -> "Link":
        link = Link(self._loop, target_port)
        server = await asyncio.start_server(link.connect, "127.0.0.1", 0)
        link.port = server.sockets[0].getsockname()[1]
        return link


class Link:
    """A port that leads to another one. A cut link loses nothing by itself: as with TCP, bytes come late or never."""

    port: int

    def __init__(self, loop: asyncio.AbstractEventLoop, target_port: int):
        self._loop, self._target_port = loop, target_port
        self._passes = asyncio.Event()
        self._passes.set()

    def cut(self) -> None:
        """Let nothing through."""
        self._loop.call_soon_threadsafe(self._passes.clear)

    def mend(self) -> None:
        """Let everything through, also what was held back."""
        self._loop.call_soon_threadsafe(self._passes.set)

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        await self._passes.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._forward(reader, far_writer), self._forward(far_reader, writer))

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(_CHUNK_BYTES):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
        except OSError:  # either end was killed
            pass
        finally:
            await self._passes.wait()
            writer.close()
