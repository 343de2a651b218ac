// What the way through the binding costs. Prints one line of JSON: nanoseconds for a call that returns a small record,
// and milliseconds from the start of this program to its first code. Build it with `-c release`.

import Countersign
import CountersignTesting
import Foundation

let clock = ContinuousClock()
let started = clock.now
let ports = try Ports(
    app: AppIdentity(id: "com.example.cost", name: "Cost", version: "1.0"), storage: MemoryStorage())
let client = try Client(server: URL(string: "https://auth.invalid")!, ports: ports)
let entry = try TOTPEntry(issuer: "Acme", account: "mia", secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
let first = try entry.codes(at: try client.serverTime)
let firstCode = clock.now - started

let calls = 100_000
for _ in 0..<calls / 10 { _ = entry.digits }
let begun = clock.now
for _ in 0..<calls { _ = entry.digits }
let took = clock.now - begun

func nanoseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
}

let call = nanoseconds(took) / Double(calls)
let start = nanoseconds(firstCode) / 1e6
let figures: [String: Any] = [
    "language": "swift", "call_ns": call, "first_code_ms": start, "code_digits": first.current.count,
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: [.sortedKeys]), as: UTF8.self))
