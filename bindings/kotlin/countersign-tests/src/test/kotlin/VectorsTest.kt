import dev.countersign.Authenticator
import dev.countersign.CountersignException
import dev.countersign.HttpException
import dev.countersign.testing.MemoryStorage
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Named
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import org.junit.jupiter.api.assertThrows
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.io.path.readText

/** The links of `protocol/vectors`. The other vectors are of what never leaves the core. */
class VectorsTest {
    @ParameterizedTest
    @MethodSource("goodLinks")
    fun `a good link leads to its server`(link: JsonObject) = live {
        val asked = CopyOnWriteArrayList<String>()
        val phone = Authenticator(
            device(http = {
                asked += it.url
                throw HttpException.Unreachable("there is no network")
            }),
        )
        assertThrows<CountersignException.Offline> { phone.enroll(link.text("uri"), "My phone") }
        assertTrue(asked.isNotEmpty() && asked.all { it.startsWith(link.text("server") + "/") }, "$asked")
    }

    @ParameterizedTest
    @MethodSource("badLinks")
    fun `a bad link names the field and leaves nothing behind`(link: JsonObject) = live {
        val storage = MemoryStorage()
        val error = assertThrows<CountersignException.InvalidInput> {
            Authenticator(device(storage)).enroll(link.text("uri"), "My phone")
        }
        assertTrue(error.field in setOf("uri", "server", "token"), error.field)
        assertTrue(error.fix.isNotEmpty())
        assertTrue(storage.entries.isEmpty())
    }

    companion object {
        @JvmStatic
        fun goodLinks(): List<Named<JsonObject>> = links("good", "uri")

        @JvmStatic
        fun badLinks(): List<Named<JsonObject>> = links("bad", "reason")

        private fun links(kind: String, name: String): List<Named<JsonObject>> {
            val vectors = Path.of(setting("COUNTERSIGN_VECTORS"), "enroll-uri.json").readText()
            val links = Json.parseToJsonElement(vectors).jsonObject.getValue(kind).jsonArray
            return links.map { Named.of(it.jsonObject.text(name), it.jsonObject) }
        }

        private fun JsonObject.text(name: String) = getValue(name).jsonPrimitive.content
    }
}
