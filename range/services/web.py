"""Web servers, all nginx: the record's portal on TLS 1.2 and 1.3, a pump server on TLS 1.0 with a dead certificate, and the outside."""

from __future__ import annotations

from lan import SCRATCH, start
from state import Hospital
from topology import Host

PACKAGES = {"nginx": "nginx-light", "curl": "curl"}
OLD_OPENSSL = SCRATCH / "old-openssl.cnf"
PAGE_BYTES = 4_000


def _serve(hospital: Hospital, one: Host, servers: str, ports: list[int], env: dict[str, str] | None = None) -> None:
    home = hospital.folder(one.name) / f"nginx-{ports[0]}"
    (home / "www").mkdir(parents=True)
    (home / "www" / "index.html").write_text("<html><title>ZZ</title>" + "z" * PAGE_BYTES + "</html>")
    (home / "www" / "beacon").write_text("ok")
    (home / "www" / "update.bin").write_bytes(bytes(range(256)) * 400)
    temp = " ".join(f"{kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf = home / "nginx.conf"
    conf.write_text(
        f"worker_processes 1; daemon off; user root; pid {home}/pid; error_log {home}/error.log;\n"
        f"events {{ worker_connections 256; }}\n"
        f"http {{ access_log off; client_max_body_size 200m; {temp} root {home}/www; {servers} }}\n"
    )
    start(one.name, ["nginx", "-c", conf, "-e", f"{home}/error.log"], ports=ports, env=env)


def _tls(stem: str, protocols: str) -> str:
    return f"ssl_certificate {SCRATCH}/{stem}.crt; ssl_certificate_key {SCRATCH}/{stem}.key; ssl_protocols {protocols};"


def portal(hospital: Hospital, one: Host) -> None:
    """The electronic record as staff open it."""
    pages = "location / { try_files /index.html =404; }"
    _serve(hospital, one, f"server {{ listen 443 ssl; {_tls('ehr', 'TLSv1.2 TLSv1.3')} {pages} }}", [443])


def pump_server(hospital: Hospital, one: Host) -> None:
    """The drug library's page as its maker left it, for a library that still speaks TLS 1.0."""
    OLD_OPENSSL.write_text(
        "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = system\n"
        "[system]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n"
    )
    old = {"OPENSSL_CONF": str(OLD_OPENSSL)}
    ciphers = "ssl_ciphers ALL:@SECLEVEL=0;"
    _serve(hospital, one, f"server {{ listen 443 ssl; {_tls('pumpsrv', 'TLSv1 TLSv1.1')} {ciphers} }}", [443], old)


def outside(hospital: Hospital, one: Host) -> None:
    """What the internet answers with: pages, updates, look-ups; what is posted is taken and forgotten."""
    # A request's body is read to its end before it is passed on; that nobody is there to take it is then told as `taken`.
    take = "location /take { proxy_pass http://127.0.0.1:9; error_page 502 = @taken; } location @taken { return 204; } "
    take += "location / { try_files $uri /index.html; }"
    _serve(hospital, one, f"server {{ listen 443 ssl; listen 80; {_tls(one.name, 'TLSv1.2 TLSv1.3')} {take} }}", [443, 80])


def device_page(hospital: Hospital, one: Host) -> None:
    """A device's own page over TLS, with the certificate that its topology names: one for all of a model, or one that soon ends."""
    stem = "pumps" if one.kind == "infusion pump" else "soon"
    _serve(hospital, one, f"server {{ listen 443 ssl; {_tls(stem, 'TLSv1.2')} }}", [443])


def service_page(hospital: Hospital, one: Host) -> None:
    """A device's page in clear that asks for the password of its manual (RFC 7617)."""
    users = hospital.folder(one.name) / "users"
    users.write_text("admin:{PLAIN}admin\n")
    _serve(hospital, one, f'server {{ listen 80; auth_basic "service"; auth_basic_user_file {users}; }}', [80])
