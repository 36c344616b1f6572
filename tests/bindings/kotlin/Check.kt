/*
 * What the bindings promise, in Kotlin: errors by kind, filling beside a sync, cancelling, and a process that is killed.
 *
 * `java … CheckKt WHAT FOLDER ARGS`. Leaves out: who looks at it from outside (run.py).
 */

import guanmo.Answer
import guanmo.Form
import guanmo.Phone
import guanmo.PhoneException
import guanmo.PhotoTarget
import guanmo.Progress
import guanmo.Server
import guanmo.SyncObserver
import java.io.File
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.thread
import kotlin.concurrent.withLock
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield

fun main(args: Array<String>) {
    val (what, folder) = args
    Phone.open(folder).use { phone ->
        when (what) {
            "enrol" -> enrol(phone, args[2], args[3])
            "errors" -> errors(phone, folder, args[2])
            "beside" -> beside(phone, args[2], args[3].toInt(), args[4] == "plant")
            "stop" -> stop(phone, args[2], args[3])
            "fill" -> fill(phone)
        }
    }
}

/** Enrolls, syncs, and opens a sheet for every site. */
fun enrol(phone: Phone, address: String, code: String) = runBlocking {
    val server = Server(address)
    phone.enrol(server, code, "kotlin")
    phone.sync(server)
    for (site in phone.sites()) phone.openSheet(site.id, Form.DETAILED)
    println("""{"sites": ${phone.sites().size}}""")
}

/** Each kind of error arrives as its own class, with code and words. */
fun errors(phone: Phone, folder: String, address: String) = runBlocking {
    var seen = 0
    suspend fun expect(code: String, kind: Class<out PhoneException>, call: suspend () -> Unit) {
        try {
            call()
        } catch (error: PhoneException) {
            check(kind.isInstance(error)) { "$code came as ${error.javaClass}" }
            val problem = problemOf(error)
            check(problem.code == code) { "${problem.code}, not $code" }
            check(problem.textZh.isNotEmpty() && problem.textEn.isNotEmpty())
            seen += 1
            return
        }
        error("$code was not thrown")
    }
    val nobody = "00000000-0000-0000-0000-000000000000"
    val server = Server(address)
    expect("not_enrolled", PhoneException.Refused::class.java) { phone.status() }
    expect("bad_argument", PhoneException.BadArgument::class.java) { phone.sheet("no id") }
    expect("bad_argument", PhoneException.BadArgument::class.java) { Server("no address") }
    expect("bad_argument", PhoneException.BadArgument::class.java) { Server(address, "no certificate") }
    expect("database_locked", PhoneException.Storage::class.java) { Phone.open(folder) }
    expect("pin_invalid", PhoneException.Refused::class.java) { phone.setPin("123456") }
    expect("code_invalid", PhoneException.Server::class.java) { phone.enrol(server, "AAAA-BBBB-CCCC", "kotlin") }
    expect("network", PhoneException.Network::class.java) { phone.enrol(Server("http://127.0.0.1:1"), "x", "kotlin") }
    expect("not_enrolled", PhoneException.Refused::class.java) { phone.openSheet(nobody, Form.QUICK) }
    println("""{"kinds": $seen}""")
}

fun problemOf(error: PhoneException) =
    when (error) {
        is PhoneException.Refused -> error.problem
        is PhoneException.Picture -> error.problem
        is PhoneException.Storage -> error.problem
        is PhoneException.Network -> error.problem
        is PhoneException.Server -> error.problem
        is PhoneException.NotOurServer -> error.problem
        is PhoneException.BadArgument -> error.problem
        is PhoneException.Internal -> error.problem
    }

/** Throws at every word, and uses the phone: neither may reach the sync. */
class Troublemaker(private val phone: Phone) : SyncObserver {
    val thrown = AtomicInteger()

    override fun onProgress(progress: Progress) {
        phone.status()
        thrown.incrementAndGet()
        throw IllegalStateException("an observer that fails")
    }
}

/** Two threads fill two sheets while syncs over a slow way run; with the plant they wait for the sync. */
fun beside(phone: Phone, address: String, syncs: Int, plant: Boolean) {
    val server = Server(address)
    val lock = ReentrantLock()
    fun <T> maybeAlone(work: () -> T): T = if (plant) lock.withLock(work) else work()
    val over = AtomicBoolean()
    val filled = AtomicInteger()
    val trouble = Troublemaker(phone)
    val last = ConcurrentHashMap<String, String>()
    val sheets = phone.sites().take(2).map { it.sheet!! }
    check(sheets.size == 2)
    val threads =
        sheets.mapIndexed { number, sheet ->
            thread {
                val lines = phone.sheet(sheet).lines
                var count = 0
                while (!over.get()) {
                    val item = lines[count % lines.size].item
                    val note = "thread $number answer $count"
                    maybeAlone { phone.answer(sheet, item.id, Answer(markFor(item), note)) }
                    last["$sheet ${item.id}"] = note
                    filled.incrementAndGet()
                    count += 1
                }
            }
        }
    var fewest = Int.MAX_VALUE
    repeat(syncs) {
        val before = filled.get()
        var inside = 0
        maybeAlone {
            val began = filled.get()
            runBlocking { phone.sync(server, observer = trouble) }
            inside = filled.get() - began
        }
        fewest = minOf(fewest, inside)
        // Between two syncs the threads have the phone, in the plant as well.
        while (filled.get() < before + 10) Thread.onSpinWait()
    }
    over.set(true)
    threads.forEach { it.join() }
    val report = runBlocking { phone.sync(server) }
    val notes = last.entries.joinToString(", ") { "\"${it.key}\": \"${it.value}\"" }
    println(
        """{"syncs": $syncs, "filled": ${filled.get()}, "fewest": $fewest, "thrown": ${trouble.thrown.get()}, """ +
            """"agreed": ${report.agreed.agreed && report.agreed.compared}, "notes": {$notes}}""",
    )
}

/** Tells when a sync has begun to send. */
class Begun : SyncObserver {
    val sending = CompletableDeferred<Unit>()

    override fun onProgress(progress: Progress) {
        sending.complete(Unit)
    }
}

/** A sync that is cancelled, one that is paused while a second is refused; then one that goes through. */
fun stop(phone: Phone, address: String, picture: String) = runBlocking {
    val server = Server(address)
    phone.attachPhoto(PhotoTarget.Sheet(phone.sites().first().sheet!!), File(picture).readBytes())
    val first = Begun()
    val cancelled = launch { phone.sync(server, observer = first) }
    first.sending.await()
    cancelled.cancelAndJoin()
    val next = Begun()
    val paused = async { untilLetIn { phone.sync(server, observer = next) } }
    next.sending.await()
    val second =
        try {
            phone.sync(server)
            "ran"
        } catch (error: PhoneException.Refused) {
            error.problem.code
        }
    phone.pauseSync()
    val report = paused.await()
    val last = phone.sync(server)
    val agreed = last.agreed.agreed && last.agreed.compared
    println("""{"cancelled": ${cancelled.isCancelled}, "second": "$second", "paused": ${report.paused}, "agreed": $agreed}""")
}

/** The sync that was given up may be at its last step: the next is let in when that is over. */
suspend fun <T> untilLetIn(work: suspend () -> T): T {
    while (true) {
        try {
            return work()
        } catch (error: PhoneException.Refused) {
            check(error.problem.code == "sync_running")
            yield()
        }
    }
}

/** Answers until it is killed; each answer is told once it was acknowledged. */
fun fill(phone: Phone) {
    val sheet = phone.sites().first().sheet!!
    val lines = phone.sheet(sheet).lines
    var count = System.currentTimeMillis()
    println("sheet $sheet")
    while (true) {
        val item = lines[(count % lines.size).toInt()].item
        phone.answer(sheet, item.id, Answer(markFor(item), "$count"))
        println("ack ${item.id} $count")
        System.out.flush()
        count += 1
    }
}
