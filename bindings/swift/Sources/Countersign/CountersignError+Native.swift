import CountersignBindings

/// Calls the core, whose errors become those of this module.
func calling<Value>(_ call: () throws -> Value) throws -> Value {
    do {
        return try call()
    } catch let error as CountersignBindings.CountersignError {
        throw CountersignError(error)
    }
}

/// Calls the core, whose errors become those of this module.
func calling<Value: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ call: () async throws -> Value
) async throws -> Value {
    do {
        return try await call()
    } catch let error as CountersignBindings.CountersignError {
        throw CountersignError(error)
    }
}

extension CountersignError {
    init(_ native: CountersignBindings.CountersignError) {
        self =
            switch native {
            case .InvalidInput(let field, let problem, let fix):
                .invalidInput(field: field, problem: problem, fix: fix)
            case .Offline(let reason): .offline(reason: reason)
            case .Interrupted(let reason): .interrupted(reason: reason)
            case .Untrusted(let reason): .untrusted(reason: reason)
            case .Refused(let code, let detail, let attemptsLeft, let retryAfter, let fields, let correlationId):
                .refused(
                    Refusal(
                        code,
                        detail: detail,
                        attemptsLeft: attemptsLeft.map(Int.init),
                        retryAfter: retryAfter.map { .seconds($0) },
                        fields: fields,
                        correlationID: correlationId
                    )
                )
            case .SessionEnded(let reason): .sessionEnded(reason)
            case .UnexpectedAnswer(let reason, let correlationId):
                .unexpectedAnswer(reason: reason, correlationID: correlationId)
            case .NotAuthentic(let reason): .notAuthentic(reason: reason)
            case .RequestClosed(let state): .requestClosed(state)
            case .InvalidTransition(let state, let step): .invalidTransition(state: state, step: step)
            case .Locked(let reason): .locked(reason: reason)
            case .WrongPassphrase: .wrongPassphrase
            case .Damaged(let reason): .damaged(reason: reason)
            case .Device(let reason): .device(reason: reason)
            case .NotVerified(let reason, let cancelled):
                .notVerified(reason: reason, cancelledByUser: cancelled)
            case .Cancelled: .cancelled
            }
    }

    /// Back into the core's error, whose judgement counts.
    var native: CountersignBindings.CountersignError {
        switch self {
        case .invalidInput(let field, let problem, let fix):
            .InvalidInput(field: field, problem: problem, fix: fix)
        case .offline(let reason): .Offline(reason: reason)
        case .interrupted(let reason): .Interrupted(reason: reason)
        case .untrusted(let reason): .Untrusted(reason: reason)
        case .refused(let refusal):
            .Refused(
                code: refusal.code,
                detail: refusal.detail,
                attemptsLeft: refusal.attemptsLeft.map { UInt32(clamping: $0) },
                retryAfter: refusal.retryAfter.map { UInt64(clamping: $0.components.seconds) },
                fields: refusal.fields,
                correlationId: refusal.correlationID
            )
        case .sessionEnded(let reason): .SessionEnded(reason: reason)
        case .unexpectedAnswer(let reason, let correlationID):
            .UnexpectedAnswer(reason: reason, correlationId: correlationID)
        case .notAuthentic(let reason): .NotAuthentic(reason: reason)
        case .requestClosed(let state): .RequestClosed(state: state)
        case .invalidTransition(let state, let step): .InvalidTransition(state: state, step: step)
        case .locked(let reason): .Locked(reason: reason)
        case .wrongPassphrase: .WrongPassphrase
        case .damaged(let reason): .Damaged(reason: reason)
        case .device(let reason): .Device(reason: reason)
        case .notVerified(let reason, let cancelled): .NotVerified(reason: reason, cancelled: cancelled)
        case .cancelled: .Cancelled
        }
    }
}
