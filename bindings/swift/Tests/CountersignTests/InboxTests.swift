import Countersign
import CountersignTesting
import Foundation
import Testing

/// The inbox: a stream that is read on, left and cancelled.
@Suite(.timeLimit(.minutes(3))) struct InboxTests {
    @Test func requestsComeAndGo() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        var inbox = phone.inbox(for: enrolment.id).makeAsyncIterator()
        guard case .connection(.live) = try await inbox.next() else { throw Missing(what: "the connection") }
        let login = try await account.pushLogin()
        let request = try await nextRequest(&inbox)
        try await login.cancel()
        guard case .closed(request.id, .superseded) = try await inbox.next() else { throw Missing(what: "the end") }
    }

    @Test func aLoopEndsWithItsTaskAndNoError() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        let (opened, open) = AsyncStream<Void>.makeStream()
        let reading = Task {
            var events = 0
            for try await _ in phone.inbox(for: enrolment.id) {
                events += 1
                open.finish()
            }
            return events
        }
        for await _ in opened {}
        reading.cancel()
        #expect(try await reading.value == 1)
    }

    @Test func aLoopThatWasLeftMayBeBegunAgain() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        let inbox = phone.inbox(for: enrolment.id)
        for try await case .connection(.live) in inbox { break }
        let login = try await account.pushLogin()
        var seen: [ChallengeID] = []
        for try await case .arrived(let request) in inbox {
            seen.append(request.id)
            break
        }
        // A request that waits is told of to each loop.
        for try await case .arrived(let request) in inbox {
            seen.append(request.id)
            try await phone.approve(request, number: try #require(login.state.number))
            break
        }
        #expect(seen.count == 2 && seen.first == seen.last)
        #expect(try await login.waitForAnswer().signedIn != nil)
    }

    @Test func removingTheEnrolmentEndsTheLoop() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        #expect(try await phone.enrolments() == [enrolment])
        var inbox = phone.inbox(for: enrolment.id).makeAsyncIterator()
        _ = try await inbox.next()
        try await phone.remove(enrolment.id)
        let end = try await inbox.next()
        #expect(end == nil)
        #expect(try await phone.enrolments() == [])
    }

    @Test func anInboxOfNoEnrolmentFails() async throws {
        let phone = Authenticator(ports: try Ports(app: app, storage: MemoryStorage()))
        let nobody = EnrolmentID(rawValue: "01J00000000000000000000000")
        let error = try await failure { for try await _ in phone.inbox(for: nobody) {} }
        guard case .invalidInput(field: "enrolment_id", _, let fix) = error else { throw error }
        #expect(fix == "enrol the device first")
    }
}
