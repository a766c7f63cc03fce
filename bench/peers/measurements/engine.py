"""The engine alone: many checks of a large page, without a server."""

import json
import os
import shutil
import subprocess
import time

from processes import Failure
from report import Metric
from sites import PRODUCTS, WORDS, Nginx

HELP = "`stepcast check` alone, beside `hurl --jobs 2` if it is installed: 20 checks of a page of 97 KB"
METRICS = [
    Metric("processor_ms_per_page", "processor time a page, ms", "lower"),
    Metric("pages_per_second", "pages a second", "higher"),
]
# Each check of the page's elements: as CSS with what to take, as XPath, and the value.
ELEMENTS = [
    ("title", {"text": "Kettles"}, "string(//title)"),
    ("h1", {"text": "Welcome"}, "string(//h1)"),
    ("html", {"attr": "lang", "equals": "en"}, "string(/html/@lang)"),
    ("#number", {"text": "${n}"}, "string(//p[@id='number'])"),
    ("li.product", {"count": PRODUCTS}, "count(//li[@class='product'])"),
    ("meta[name=description]", {"attr": "content", "equals": "All kettles"}, "string(//meta[2]/@content)"),
    ("a.buy", {"count": PRODUCTS}, "count(//a[@class='buy'])"),
    ('li[data-sku="sku-100"] h2', {"text": "Kettle 100"}, "string(//li[@data-sku='sku-100']/h2)"),
    ('li[data-sku="sku-7"] > a', {"attr": "href", "equals": "/cart/7"}, "string(//li[@data-sku='sku-7']/a/@href)"),
    ("nav a", {"count": 12}, "count(//nav/a)"),
    ("nav a:nth-child(2)", {"text": WORDS[1]}, "string(//nav/a[2])"),
    ("footer", {"text": "The end"}, "string(//footer)"),
    ("span.price", {"count": PRODUCTS}, "count(//span[@class='price'])"),
    ('li[data-sku="sku-200"] span', {"text": "200.50"}, "string(//li[@data-sku='sku-200']/span)"),
    ("p.text", {"count": PRODUCTS}, "count(//p[@class='text'])"),
    ("table", {"count": 0}, "count(//table)"),
]


def add_arguments(parser) -> None:
    parser.add_argument("--pages", type=int, default=2000, help="pages of one run (default: 2000)")


def sides(arguments) -> list[str]:
    return ["stepcast", "hurl"] if shutil.which("hurl") else ["stepcast"]


def measure(bench, arguments, name):
    site = Nginx(bench.folder)
    try:
        if name == "hurl":
            files = _hurl_files(bench.folder, site.address, arguments.pages)
            # Hurl reads pages with XPath only.
            yield "20 checks, XPath", _time(["hurl", "--test", "--jobs", "2", *files], bench.folder, arguments.pages)
            return
        for language in ("css", "xpath"):
            path = bench.folder / f"engine-{language}.json"
            path.write_text(json.dumps(_suite(language, site.address, arguments.pages)))
            case = f"20 checks, {'CSS' if language == 'css' else 'XPath'}"
            yield case, _time([bench.stepcast, "check", path], bench.folder, arguments.pages)
    finally:
        site.stop()


def _value(taken: dict):
    """What a check compares with, whichever key names it."""
    return next(value for key, value in taken.items() if key != "attr")


def _suite(language: str, address: str, pages: int) -> dict:
    expected = [
        {"status": 200},
        {"header": "content-type", "contains": "html"},
        {"body": {"contains": "copper"}},
        {"body": {"not_contains": "Stack trace"}},
    ]
    for css, taken, xpath in ELEMENTS:
        expected.append({"css": css, **taken} if language == "css" else {"xpath": xpath, "equals": _value(taken)})
    return {
        "suite": f"One page, 20 checks, {language}",
        "defaults": {"host": {"concurrency": 64}, "timeout": "60s"},
        "tests": [
            {
                "name": "Page ${n}",
                "each": {"n": list(range(pages))},
                "get": f"{address}/large.html?n=${{n}}",
                "expect": expected,
            }
        ],
    }


def hurl_text(address: str, number: int) -> str:
    lines = [
        f"GET {address}/large.html?n={number}",
        "HTTP 200",
        "[Asserts]",
        'header "content-type" contains "html"',
        'body contains "copper"',
        'body not contains "Stack trace"',
    ]
    for _, taken, xpath in ELEMENTS:
        value = _value(taken)
        shown = str(value) if isinstance(value, int) else json.dumps(value.replace("${n}", str(number)))
        lines.append(f'xpath "{xpath}" == {shown}')
    return "\n".join(lines) + "\n"


def _hurl_files(folder, address: str, pages: int) -> list:
    # Hurl runs files side by side, so each page has its own.
    (folder / "hurl").mkdir(exist_ok=True)
    files = [folder / f"hurl/{number}.hurl" for number in range(pages)]
    for number, file in enumerate(files):
        file.write_text(hurl_text(address, number))
    return files


def _time(command: list, folder, pages: int) -> dict:
    output = folder / "engine.log"
    with open(output, "w") as log:
        started = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failure(f"{command[0]} failed; the end of its output was:\n{output.read_text(errors='replace')[-2000:]}")
    return {
        "processor_ms_per_page": round((usage.ru_utime + usage.ru_stime) / pages * 1000, 4),
        "pages_per_second": round(pages / seconds, 1),
        "peak_megabytes": round(usage.ru_maxrss / 1024, 1),
    }
