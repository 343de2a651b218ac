// What the way through the package costs: `cargo xtask bench` builds it with `-c release` and runs it.
//
// `Cost start VAULT PASSPHRASE` loads the library, opens the vault and prints the code of its first entry. `Cost call`
// prints how many nanoseconds a call takes that gives a small record out: the median of rounds.

import CountersignBindings
import Foundation

// Rounds are short, so that what else the machine does falls into few of them.
let rounds = 1001
let calls = 100

func firstCode(path: String, passphrase: String) async throws -> String {
    let app = App(id: "com.example.cost", name: "Cost", version: "1.0")
    let ports = try Ports(app: app, host: HostPorts(storage: NoStorage()))
    let vault = try await LockedVault.open(path: path, ports: ports).unlock(passphrase: passphrase)
    let codes = try await vault.codes()
    return try codes[0].entry().codesAt(time: Date(timeIntervalSince1970: 59)).current()
}

func callNanoseconds() throws -> Double {
    let entry = try TotpEntry(issuer: "Acme", account: "mia", secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    let clock = ContinuousClock()
    let taken = (0..<rounds).map { _ in
        clock.measure {
            for _ in 0..<calls { precondition(entry.parameters().digits == 6) }
        }
    }
    let median = taken.sorted()[rounds / 2].components
    return (Double(median.seconds) * 1e9 + Double(median.attoseconds) / 1e9) / Double(calls)
}

let arguments = CommandLine.arguments
if arguments[1] == "start" {
    print(try await firstCode(path: arguments[2], passphrase: arguments[3]))
} else {
    print(try callNanoseconds())
}
