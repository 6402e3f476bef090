"""How a device comes to belong to a branch: the invitation's fingerprint proves the server, its token the device."""

import ssl
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from meroppet.device.errors import AlreadyEnrolled, EnrolmentFailed
from meroppet.device.identity import Identity, is_enrolled, save
from meroppet.device.tls import mind_the_time, pinned
from meroppet.wire.enrolment import DeviceKind, EnrolReply, EnrolRequest, Invitation, fingerprint, invitation, key_text
from meroppet.wire.problems import Problem

ANSWERS_WITHIN = 10.0
LONGEST_CA = 16_384


async def enrol(
    invitation_text: str, kind: DeviceKind, state_dir: Path, version: str, *, replace: bool = False
) -> Identity:
    """Make a key, trade the invitation for a place in a branch, keep the identity and return it.

    Raises AlreadyEnrolled unless `replace`, EnrolmentFailed with a sentence for the installer otherwise.
    """
    if is_enrolled(state_dir) and not replace:
        raise AlreadyEnrolled(f"{state_dir}: this device belongs to a branch already; add --replace to enrol it anew")
    try:
        invited = invitation(invitation_text)
    except ValueError as error:
        raise EnrolmentFailed(str(error)) from error
    try:
        authority = await _authority(invited)
        key = Ed25519PrivateKey.generate()
        reply = await _introduce(invited, authority, kind, key, version)
    except (httpx2.HTTPError, OSError) as error:
        raise EnrolmentFailed(f"{invited.url} does not answer: {type(error).__name__}: {error}") from error
    identity = Identity(reply.device, reply.kind, reply.name, reply.branch, invited.url, reply.seal_key, authority, key)
    save(identity, state_dir)
    return identity


async def _authority(invited: Invitation) -> str:
    # The connection proves nothing yet: what comes over it counts only if it has the fingerprint on the invitation.
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    async with httpx2.AsyncClient(verify=unverified, trust_env=False, timeout=ANSWERS_WITHIN) as client:
        answer = await client.get(f"{invited.url}/api/device/v1/ca")
    try:
        certificate = x509.load_pem_x509_certificate(answer.content[:LONGEST_CA])
    except ValueError as error:
        raise EnrolmentFailed(f"{invited.url} is no meroppet server: it shows no certificate authority") from error
    if fingerprint(certificate.public_bytes(Encoding.DER)) != invited.ca_fingerprint:
        raise EnrolmentFailed(f"{invited.url} is not the server that made this code; nothing was sent to it")
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


async def _introduce(
    invited: Invitation, authority: str, kind: DeviceKind, key: Ed25519PrivateKey, version: str
) -> EnrolReply:
    public = key_text(key.public_key().public_bytes_raw())
    request = EnrolRequest(token=invited.token, kind=kind, public_key=public, version=version)
    context = pinned(authority)
    # A machine that has never been told the time starts in 1970; the code's fingerprint has proved the authority.
    mind_the_time(context, knows_the_hour=False)
    async with httpx2.AsyncClient(verify=context, trust_env=False, timeout=ANSWERS_WITHIN) as client:
        answer = await client.post(
            f"{invited.url}/api/device/v1/enrol",
            content=request.model_dump_json(),
            headers={"Content-Type": "application/json"},
        )
    return _reply(answer)


def _reply(answer: httpx2.Response) -> EnrolReply:
    try:
        if answer.status_code == httpx2.codes.OK:
            return EnrolReply.model_validate_json(answer.content)
        problem = Problem.model_validate_json(answer.content)
    except ValidationError as error:
        raise EnrolmentFailed(f"the server's answer ({answer.status_code}) cannot be understood") from error
    raise EnrolmentFailed(f"the server refused: {problem.title} ({problem.code})")
