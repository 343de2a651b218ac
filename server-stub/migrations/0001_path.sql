-- One text for SQLite and PostgreSQL. Ids and enums are TEXT, times BIGINT (milliseconds since 1970), booleans
-- BIGINT 0 or 1, digests and sealed bytes BYTEA. Codes and tokens are stored as keyed hashes (base64url TEXT), never
-- in clear.

CREATE TABLE tenants (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE users (
    id                    TEXT PRIMARY KEY,
    tenant_id             TEXT NOT NULL REFERENCES tenants (id),
    email                 TEXT NOT NULL,
    email_canonical       TEXT NOT NULL,
    name                  TEXT NOT NULL,
    password_hash         TEXT NOT NULL,
    role                  TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    status                TEXT NOT NULL CHECK (status IN ('pending', 'active', 'disabled')),
    activation_hash       TEXT CHECK (length(activation_hash) = 43),
    activation_expires_at BIGINT,
    push_locked_at        BIGINT,
    created_at            BIGINT NOT NULL,
    deleted_at            BIGINT,
    CHECK ((activation_hash IS NULL) = (activation_expires_at IS NULL))
);
-- The address leads, because a sign-in names no tenant.
CREATE UNIQUE INDEX users_by_email ON users (email_canonical, tenant_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_by_activation ON users (activation_hash) WHERE activation_hash IS NOT NULL;
CREATE INDEX users_by_tenant ON users (tenant_id);

CREATE TABLE devices (
    id               TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id),
    fingerprint_id   TEXT NOT NULL,
    fingerprint      TEXT NOT NULL,
    name             TEXT NOT NULL,
    os               TEXT NOT NULL,
    app              TEXT NOT NULL,
    last_address     TEXT,
    login_count      BIGINT NOT NULL DEFAULT 0 CHECK (login_count >= 0),
    compromised      BIGINT NOT NULL DEFAULT 0 CHECK (compromised IN (0, 1)),
    first_seen_at    BIGINT NOT NULL,
    last_seen_at     BIGINT NOT NULL,
    deleted_at       BIGINT
);
CREATE UNIQUE INDEX devices_by_fingerprint ON devices (user_id, fingerprint_id) WHERE deleted_at IS NULL;

CREATE TABLE mfa_methods (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id),
    kind         TEXT NOT NULL CHECK (kind IN ('totp', 'backup_codes', 'email', 'sms', 'webauthn', 'biometric',
                     'push', 'backup_email', 'trusted_device', 'authenticator_app')),
    label        TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('setup_pending', 'enabled', 'disabled')),
    created_at   BIGINT NOT NULL,
    enabled_at   BIGINT,
    last_used_at BIGINT,
    deleted_at   BIGINT
);
CREATE INDEX mfa_methods_by_user ON mfa_methods (user_id, created_at) WHERE deleted_at IS NULL;

CREATE TABLE mfa_totp_secrets (
    method_id     TEXT PRIMARY KEY REFERENCES mfa_methods (id),
    secret_sealed BYTEA NOT NULL,
    algorithm     TEXT NOT NULL CHECK (algorithm IN ('SHA1', 'SHA256', 'SHA512')),
    digits        BIGINT NOT NULL CHECK (digits BETWEEN 6 AND 8),
    period        BIGINT NOT NULL CHECK (period BETWEEN 1 AND 300),
    -- The newest time step whose code was accepted; only later ones count.
    last_step     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE enrolment_tickets (
    hash       TEXT PRIMARY KEY CHECK (length(hash) = 43),
    user_id    TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX enrolment_tickets_by_end ON enrolment_tickets (expires_at);

CREATE TABLE mfa_push_devices (
    id               TEXT PRIMARY KEY,
    method_id        TEXT NOT NULL REFERENCES mfa_methods (id),
    user_id          TEXT NOT NULL REFERENCES users (id),
    possession_jwk   TEXT NOT NULL,
    verification_jwk TEXT,
    -- RFC 7638 thumbprint of the possession key: how a DPoP proof finds its device.
    jkt              TEXT NOT NULL,
    name             TEXT NOT NULL,
    kind             TEXT NOT NULL CHECK (kind IN ('mobile', 'desktop', 'headless')),
    -- A JSON array of names.
    capabilities     TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    last_used_at     BIGINT,
    deleted_at       BIGINT
);
CREATE UNIQUE INDEX mfa_push_devices_by_key ON mfa_push_devices (jkt);
CREATE INDEX mfa_push_devices_by_user ON mfa_push_devices (user_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX mfa_push_devices_by_method ON mfa_push_devices (method_id);

CREATE TABLE logins (
    id               TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id),
    device_id        TEXT REFERENCES devices (id),
    status           TEXT NOT NULL CHECK (status IN ('mfa_required', 'pending', 'authenticated', 'denied', 'cancelled')),
    jkt              TEXT,
    login_token_hash TEXT CHECK (length(login_token_hash) = 43),
    device_name      TEXT NOT NULL,
    device_os        TEXT NOT NULL,
    device_app       TEXT NOT NULL,
    device_known     BIGINT NOT NULL CHECK (device_known IN (0, 1)),
    address          TEXT NOT NULL,
    trust_device     BIGINT NOT NULL DEFAULT 0 CHECK (trust_device IN (0, 1)),
    -- Space-separated, in the order in which they were proven.
    amr              TEXT NOT NULL,
    deny_reason      TEXT,
    -- When the last factor was proven, and when the tokens were handed out: once.
    authenticated_at BIGINT,
    collected_at     BIGINT,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    CHECK (jkt IS NOT NULL OR login_token_hash IS NOT NULL)
);
CREATE INDEX logins_by_end ON logins (expires_at);
CREATE INDEX logins_by_user ON logins (user_id, created_at);

CREATE TABLE mfa_push_challenges (
    id            TEXT PRIMARY KEY,
    login_id      TEXT NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
    user_id       TEXT NOT NULL REFERENCES users (id),
    state         TEXT NOT NULL CHECK (state IN ('open', 'approved', 'denied', 'wrong_number', 'superseded', 'expired')),
    number_sealed BYTEA NOT NULL,
    reason        TEXT,
    answered_by   TEXT REFERENCES mfa_push_devices (id),
    answered_at   BIGINT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX mfa_push_challenges_open ON mfa_push_challenges (login_id) WHERE state = 'open';
CREATE INDEX mfa_push_challenges_by_login ON mfa_push_challenges (login_id);
CREATE INDEX mfa_push_challenges_by_user ON mfa_push_challenges (user_id, created_at);
-- What a device is woken for: the few of its user that are not over.
CREATE INDEX mfa_push_challenges_by_end ON mfa_push_challenges (user_id, expires_at);

-- What one challenge asks of one device, and the device's signed answer to it.
CREATE TABLE mfa_push_requests (
    challenge_id TEXT NOT NULL REFERENCES mfa_push_challenges (id) ON DELETE CASCADE,
    enrolment_id TEXT NOT NULL REFERENCES mfa_push_devices (id),
    request      TEXT NOT NULL,
    response     TEXT,
    PRIMARY KEY (challenge_id, enrolment_id)
);

CREATE TABLE mfa_trusted_devices (
    id             TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users (id),
    device_id      TEXT REFERENCES devices (id),
    jkt            TEXT,
    name           TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    last_used_at   BIGINT,
    expires_at     BIGINT NOT NULL,
    revoked_at     BIGINT,
    revoked_reason TEXT,
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX mfa_trusted_devices_by_user ON mfa_trusted_devices (user_id, created_at);

-- Rotation of a family. A token retires when its successor is first used; until then a retry gets the same
-- successor, sealed under a key derived from the token itself.
CREATE TABLE mfa_trust_tokens (
    hash             TEXT PRIMARY KEY CHECK (length(hash) = 43),
    trust_id         TEXT NOT NULL REFERENCES mfa_trusted_devices (id),
    successor_hash   TEXT CHECK (length(successor_hash) = 43),
    successor_sealed BYTEA,
    created_at       BIGINT NOT NULL,
    rotated_at       BIGINT,
    retired_at       BIGINT,
    CHECK ((successor_hash IS NULL) = (successor_sealed IS NULL))
);
CREATE INDEX mfa_trust_tokens_by_age ON mfa_trust_tokens (created_at);
CREATE INDEX mfa_trust_tokens_by_family ON mfa_trust_tokens (trust_id);
CREATE INDEX mfa_trust_tokens_by_successor ON mfa_trust_tokens (successor_hash) WHERE successor_hash IS NOT NULL;

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id),
    device_id    TEXT REFERENCES devices (id),
    device_name  TEXT NOT NULL,
    jkt          TEXT,
    amr          TEXT NOT NULL,
    acr          TEXT NOT NULL,
    auth_time    BIGINT NOT NULL,
    address      TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    ended_reason TEXT,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX sessions_alive ON sessions (user_id, created_at) WHERE ended_at IS NULL;

CREATE TABLE refresh_tokens (
    hash             TEXT PRIMARY KEY CHECK (length(hash) = 43),
    session_id       TEXT NOT NULL REFERENCES sessions (id),
    successor_hash   TEXT CHECK (length(successor_hash) = 43),
    successor_sealed BYTEA,
    created_at       BIGINT NOT NULL,
    rotated_at       BIGINT,
    retired_at       BIGINT,
    CHECK ((successor_hash IS NULL) = (successor_sealed IS NULL))
);
CREATE INDEX refresh_tokens_by_age ON refresh_tokens (created_at);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_successor ON refresh_tokens (successor_hash) WHERE successor_hash IS NOT NULL;

-- Attempts and failures over all logins, challenges and routes. The subject is a method, a user or an address.
CREATE TABLE mfa_attempts (
    scope          TEXT NOT NULL CHECK (scope IN ('authenticator', 'account', 'address')),
    subject        TEXT NOT NULL,
    minute_start   BIGINT NOT NULL,
    minute_count   BIGINT NOT NULL CHECK (minute_count >= 0),
    hour_start     BIGINT NOT NULL,
    hour_count     BIGINT NOT NULL CHECK (hour_count >= 0),
    -- Failures in a row: since the last lock, and over all locks.
    streak         BIGINT NOT NULL DEFAULT 0 CHECK (streak >= 0),
    failures       BIGINT NOT NULL DEFAULT 0 CHECK (failures >= 0),
    lock_count     BIGINT NOT NULL DEFAULT 0 CHECK (lock_count >= 0),
    -- Until then no attempt is checked, be it good or bad.
    delayed_until  BIGINT,
    -- Until then a good attempt is told of the lock.
    locked_until   BIGINT,
    PRIMARY KEY (scope, subject)
);
CREATE INDEX mfa_attempts_without_failure ON mfa_attempts (hour_start) WHERE failures = 0;

-- One chain a tenant. Personal fields and metadata enter it as salted commitments, so that erasing a field and
-- its salt leaves the chain whole.
CREATE TABLE mfa_audit_log (
    tenant_id             TEXT NOT NULL REFERENCES tenants (id),
    seq                   BIGINT NOT NULL CHECK (seq > 0),
    occurred_at           BIGINT NOT NULL,
    event                 TEXT NOT NULL,
    outcome               TEXT NOT NULL,
    user_id               TEXT,
    method                TEXT,
    correlation_id        TEXT,
    address               TEXT,
    user_agent            TEXT,
    device                TEXT,
    location              TEXT,
    metadata              TEXT,
    salt                  BYTEA CHECK (length(salt) = 32),
    address_commitment    BYTEA NOT NULL CHECK (length(address_commitment) = 32),
    user_agent_commitment BYTEA NOT NULL CHECK (length(user_agent_commitment) = 32),
    device_commitment     BYTEA NOT NULL CHECK (length(device_commitment) = 32),
    location_commitment   BYTEA NOT NULL CHECK (length(location_commitment) = 32),
    metadata_commitment   BYTEA NOT NULL CHECK (length(metadata_commitment) = 32),
    prev_hash             BYTEA NOT NULL CHECK (length(prev_hash) = 32),
    hash                  BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX mfa_audit_log_by_user ON mfa_audit_log (user_id, tenant_id, seq);

-- The end of each chain. Updating it makes appends to one chain wait for each other.
CREATE TABLE mfa_audit_heads (
    tenant_id TEXT PRIMARY KEY REFERENCES tenants (id),
    seq       BIGINT NOT NULL,
    hash      BYTEA NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE signing_keys (
    kid         TEXT PRIMARY KEY,
    purpose     TEXT NOT NULL CHECK (purpose IN ('access', 'push', 'root', 'seal', 'pepper')),
    private_key BYTEA NOT NULL,
    created_at  BIGINT NOT NULL,
    retired_at  BIGINT
);
CREATE INDEX signing_keys_by_purpose ON signing_keys (purpose, created_at);

CREATE TABLE outbox (
    seq        BIGINT PRIMARY KEY,
    channel    TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push')),
    recipient  TEXT NOT NULL,
    subject    TEXT,
    body       TEXT NOT NULL,
    code       TEXT,
    -- A JSON array of URLs.
    links      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_by_recipient ON outbox (recipient, seq);

CREATE TABLE idempotency (
    caller       TEXT NOT NULL,
    key_hash     BYTEA NOT NULL CHECK (length(key_hash) = 32),
    request_hash BYTEA NOT NULL CHECK (length(request_hash) = 32),
    status       BIGINT,
    response     BYTEA,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (caller, key_hash),
    CHECK ((status IS NULL) = (response IS NULL))
);
CREATE INDEX idempotency_by_end ON idempotency (expires_at);

-- Numbers without gaps, given out in the order in which transactions commit.
CREATE TABLE sequences (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
