"""The sites that are tested: nginx, and a site of our own that notes when it answered."""

import json
import random
import time
import urllib.request
from pathlib import Path

from processes import Failure, Process, free_port

HERE = Path(__file__).resolve().parent

# Each answer contains the number that was asked for, so no two are the same, and none can be reused for another test.
NUMBER = '<!--# echo var="arg_n" -->'

NGINX = """
daemon off;
# One process, which runs as the user that started it.
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  types {{ text/html html; }}
  access_log off;
  keepalive_requests 10000000;
  keepalive_timeout 300s;
  client_body_temp_path {folder}/nginx; proxy_temp_path {folder}/nginx; fastcgi_temp_path {folder}/nginx;
  uwsgi_temp_path {folder}/nginx; scgi_temp_path {folder}/nginx;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {folder}/pages;
    ssi on;
    charset utf-8;
  }}
}}
"""

WORDS = "kettle copper handle steam quiet boils warm litre whistle spout lid base cord".split()


def small_page() -> str:
    """About 2 KB with five products."""
    products = "".join(
        f'<li class="product" id="product-{number}"><a href="/product/{number}"><h2>Kettle {number}</h2></a>'
        f'<p class="text">{" ".join(random.Random(number).choices(WORDS, k=36))}</p>'
        f'<span class="price">{20 + number}.50</span></li>\n'
        for number in range(5)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Kettles</title></head>\n'
        f'<body><h1>Welcome</h1><p id="number">{NUMBER}</p>\n<ul>\n{products}</ul></body></html>\n'
    )


PRODUCTS = 230


def large_page() -> str:
    """About 97 KB with 230 products."""
    products = "".join(
        f'<li class="product" data-sku="sku-{number}"><h2>Kettle {number}</h2>'
        f'<p class="text">{" ".join(random.Random(number).choices(WORDS, k=44))}</p>'
        f'<a class="buy" href="/cart/{number}">Buy</a><span class="price">{number}.50</span></li>\n'
        for number in range(PRODUCTS)
    )
    links = "".join(f'<a href="/about/{word}">{word}</a>' for word in WORDS[:12])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Kettles</title>'
        '<meta name="description" content="All kettles"></head>\n'
        f'<body><header><h1>Welcome</h1><nav>{links}</nav></header><p id="number">{NUMBER}</p>\n'
        f'<main><ul id="list">\n{products}</ul></main><footer>The end</footer></body></html>\n'
    )


class Nginx:
    """Serves `/small.html?n=` and `/large.html?n=`."""

    def __init__(self, folder: Path):
        port = free_port()
        (folder / "pages").mkdir(exist_ok=True)
        (folder / "pages/small.html").write_text(small_page())
        (folder / "pages/large.html").write_text(large_page())
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        self.address = f"http://127.0.0.1:{port}"
        self.process = Process("nginx", ["nginx", "-c", folder / "nginx.conf", "-p", folder], folder)
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{self.address}/small.html?n=7", timeout=5) as answer:
                    if '<p id="number">7</p>' in answer.read().decode():
                        return
                raise Failure("this nginx has no SSI module; install the Debian package `nginx-light` or `nginx`")
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise Failure(f"nginx does not answer; its output was:\n{self.process.log.read_text()[-2000:]}")

    def stop(self) -> None:
        self.process.stop()


class GatedSite:
    """Holds all pages until its gate opens, and notes when it answered each: see gated_site.js."""

    def __init__(self, folder: Path):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = Process("site", ["node", HERE / "gated_site.js", port], folder, ready="ready")

    def _ask(self, path: str):
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return json.load(answer)

    def close_gate(self) -> None:
        self._ask("/gate/close")

    def open_gate(self, delay_ms: int = 0, pace_ms: int = 0) -> None:
        """Answers each page after `delay_ms`; or, with a pace, one page every `pace_ms`."""
        self._ask(f"/gate/open?delay={delay_ms}&pace={pace_ms}")

    def held(self) -> int:
        return self._ask("/gate/held")

    def take_answers(self) -> list:
        """The answers since the last call: test, step, nanoseconds of the monotonic clock."""
        return [(test, step, int(at)) for test, step, at in self._ask("/answers")]

    def stop(self) -> None:
        self.process.stop()
