/** Values that tests need again and again; each test names only what it is about. */
@file:JvmName("Examples")

package dev.countersign.testing

import dev.countersign.CountersignException
import dev.countersign.Enrolment
import dev.countersign.LoginState
import dev.countersign.MethodKind
import dev.countersign.MethodOffer
import dev.countersign.Notice
import dev.countersign.ProblemCode
import dev.countersign.Purpose
import dev.countersign.RequestContext
import dev.countersign.RequestDevice
import dev.countersign.Session
import dev.countersign.UserProfile
import java.time.Instant

/** The time at which fakes live, unless they are told another. */
public val NOW: Instant = Instant.parse("2026-03-01T09:00:00Z")

/** Mia, who works at Acme. */
public fun userProfile(email: String = "mia@example.com", name: String = "Mia Meyer"): UserProfile =
    UserProfile("user-1", "tenant-1", email, name, listOf("member"))

/** A login that asks for a second factor. */
public fun mfaRequired(
    vararg methods: MethodKind = arrayOf(MethodKind.PUSH, MethodKind.TOTP),
): LoginState.MfaRequired = LoginState.MfaRequired(
    methods.mapIndexed { index, method -> MethodOffer("method-${index + 1}", method, "Mia's phone") },
    methods.first(),
    NOW.plusSeconds(600),
)

/** A login that is done. */
public fun done(
    email: String = "mia@example.com",
    session: Session = FakeSession(profile = userProfile(email)),
    amr: List<String> = listOf("pwd", "otp"),
    notices: List<Notice> = emptyList(),
): LoginState.Done = LoginState.Done(session, userProfile(email), amr, "aal2", notices)

/** An account at Acme. */
public fun enrolment(id: String = "enrolment-1", account: String = "mia@example.com"): Enrolment =
    Enrolment(id, "https://auth.example", "Acme", account, NOW, verifiesUser = true)

/** A sign-in from Berlin, on a laptop that is known. */
public fun requestContext(account: String = "mia@example.com", place: String? = "Berlin, Germany"): RequestContext =
    RequestContext(
        application = "Acme",
        purpose = Purpose.LOGIN,
        account = account,
        address = "192.0.2.7",
        place = place,
        latitude = place?.let { 52.5 },
        longitude = place?.let { 13.4 },
        device = RequestDevice("Mia's laptop", "Linux 6", "Acme 4.2", known = true),
        requestedAt = NOW,
    )

/** The server's refusal of a code. */
public fun wrongCode(attemptsLeft: Int): CountersignException.Refused = CountersignException.Refused(
    ProblemCode.WRONG_CODE,
    "The code is not right. Try the next one.",
    attemptsLeft = attemptsLeft,
)

/** The server's refusal of a number, which closes the request. */
public fun wrongNumber(): CountersignException.Refused =
    CountersignException.Refused(ProblemCode.WRONG_NUMBER, "The number is not the one shown at sign-in.")
