"""Response headers that keep browsers from doing what they should not."""

from flask import Flask, Response, current_app, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
# A picture that is opened by itself may do nothing at all.
PICTURE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}
# One address may answer with either, in one of several languages.
NEGOTIATED = ("text/html", "application/json")
# A browser may keep it, and asks each time whether it still may show it: who has signed out sees it no more.
REVALIDATED = "private, no-cache"
TWO_YEARS_SECONDS = 2 * 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Put the headers on every response, error pages and static files included."""
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Add what is missing; proxies may keep static files only, the browser of whoever may see them small copies too."""
    for name, value in EVERYWHERE.items():
        response.headers[name] = value
    is_picture = (response.mimetype or "").startswith("image/")
    response.headers["Content-Security-Policy"] = PICTURE_POLICY if is_picture else CONTENT_SECURITY_POLICY
    if request.endpoint != "static" and response.headers.get("Cache-Control") != REVALIDATED:
        response.headers["Cache-Control"] = "private, no-store"
    if response.mimetype in NEGOTIATED:
        response.vary.update(("Accept", "Accept-Language"))
    if current_app.config["HTTPS"]:
        response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS_SECONDS}; includeSubDomains"
    return response
