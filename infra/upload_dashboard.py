"""Uploads the built dashboard to its bucket, if the deployment hosts it.

    upload_dashboard.py infra/samconfig.local.toml

The page is uploaded last and is never cached. The names of the files it uses change with their contents, so they may be
cached for ever. So a browser never gets a page whose files are missing.
"""

import mimetypes
import sys
import time
from pathlib import Path
from typing import Any

from deployment import Deployment

FILES = Path("web/dist")


def main() -> None:
    deployment = Deployment(Path(sys.argv[1]))
    outputs = deployment.outputs()
    if "DashboardBucket" not in outputs:
        return
    if not (FILES / "index.html").exists():
        sys.exit("the dashboard is not built\n\nhint: `make web/dist/index.html`, then this again")
    upload(deployment.session.resource("s3").Bucket(outputs["DashboardBucket"]))
    forget_page(deployment.session.client("cloudfront"), outputs["DistributionId"])


def upload(bucket: Any) -> None:
    files = [path for path in FILES.rglob("*") if path.is_file()]
    for path in sorted(files, key=is_named_by_content, reverse=True):
        caching = "public, max-age=31536000, immutable" if is_named_by_content(path) else "no-cache"
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = {"CacheControl": caching, "ContentType": kind}
        bucket.upload_file(str(path), key(path), ExtraArgs=headers)
    current = {key(path) for path in files}
    for stored in bucket.objects.all():
        if stored.key not in current:
            stored.delete()


def is_named_by_content(path: Path) -> bool:
    return path.parent != FILES


def key(path: Path) -> str:
    return path.relative_to(FILES).as_posix()


def forget_page(cloudfront: Any, distribution: str) -> None:
    """Makes CloudFront fetch the page, and the files beside it, again."""
    paths = ["/", *(f"/{path.name}" for path in FILES.iterdir() if path.is_file())]
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={"CallerReference": str(time.time_ns()), "Paths": {"Quantity": len(paths), "Items": paths}},
    )


if __name__ == "__main__":
    main()
