/*
 * A day with a phone in Kotlin: enrol, fill one sheet with a photo, sync, and see that phone and server agree.
 *
 *     java -cp … DayKt SERVER CODE FOLDER PICTURE
 *
 * Prints one line of JSON. On Android the same calls are made from a view model; `sync` from a WorkManager worker.
 */

import guanmo.Answer
import guanmo.Form
import guanmo.Item
import guanmo.ItemType
import guanmo.Mark
import guanmo.Phone
import guanmo.PhoneException
import guanmo.PhotoTarget
import guanmo.Progress
import guanmo.Server
import guanmo.SiteView
import guanmo.SyncObserver
import java.io.File
import kotlinx.coroutines.runBlocking

/** Says how far a sync is. What it throws does not reach the sync. */
class Watcher : SyncObserver {
    var told = 0

    override fun onProgress(progress: Progress) {
        told += 1
    }
}

/** A mark that fits the item. */
fun markFor(item: Item): Mark =
    when (item.kind) {
        is ItemType.Score -> Mark.Points(item.maxE4)
        is ItemType.Deduct -> Mark.Count(0)
        is ItemType.Ratio -> Mark.Ratio(ok = 4, sampled = 5)
        is ItemType.YesNo -> Mark.YesNo(true)
    }

/** Answers every line, attaches a photo, hands the sheet in; its id and how many answers were acknowledged. */
fun fill(phone: Phone, site: SiteView, picture: File): Pair<String, Int> {
    val sheet = phone.openSheet(site.id, Form.DETAILED)
    try {
        phone.submit(sheet)
        error("an empty sheet was handed in")
    } catch (refused: PhoneException.Refused) {
        // What is missing is said by line, and in words for people in both languages.
        val problem = refused.problem
        check(problem.code == "incomplete" && problem.missing.isNotEmpty())
        check(problem.textZh.isNotEmpty() && problem.textEn.isNotEmpty())
    }
    var answers = 0
    for (line in phone.sheet(sheet).lines) {
        phone.answer(sheet, line.item.id, Answer(markFor(line.item)))
        answers += 1
    }
    phone.attachPhoto(PhotoTarget.Sheet(sheet), picture.readBytes())
    phone.submit(sheet)
    return Pair(sheet, answers)
}

fun main(args: Array<String>) = runBlocking {
    val (address, code, folder, picture) = args
    val watcher = Watcher()
    Phone.open(folder).use { phone ->
        Server(address).use { server ->
            val me = phone.enrol(server, code, "kotlin")
            phone.sync(server)
            val site = phone.sites().first { !it.recused && it.lines > 0u }
            val (sheet, answers) = fill(phone, site, File(picture))
            val report = phone.sync(server, observer = watcher)
            val agreed = report.agreed.agreed && report.agreed.compared
            println(
                """{"account": "${me.accountName}", "sheet": "$sheet", "answers": $answers, """ +
                    """"photos": ${report.photosSent}, "held": ${report.agreed.sheets.held}, """ +
                    """"told": ${watcher.told}, "agreed": $agreed}""",
            )
        }
    }
}
