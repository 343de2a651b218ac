import Countersign
import CountersignTesting
import Foundation

let app = AppIdentity(id: "com.example.approver", name: "Approver", version: "1.0")
let authenticator = Authenticator(ports: try Ports(app: app, storage: MemoryStorage()))
let enrolment = try await authenticator.enroll(with: CommandLine.arguments[1], named: "My laptop")
print("Waiting for sign-ins of \(enrolment.account) to \(enrolment.application)")
fflush(nil)  // At once, into a pipe as well.

for try await case .arrived(let request) in authenticator.inbox(for: enrolment.id) {
    let shown = request.context
    print("\(shown.device.name) at \(shown.place ?? shown.address) signs in.")
    print("The number that it shows, or nothing to deny:")
    if let number = readLine(), !number.isEmpty {
        try await authenticator.approve(request, number: number)
    } else {
        try await authenticator.deny(request, because: .mistake)
    }
    break
}
