// Nothing but the runtime, to be measured beside Cost.

import Foundation

print(Date(timeIntervalSince1970: 0).timeIntervalSince1970)
