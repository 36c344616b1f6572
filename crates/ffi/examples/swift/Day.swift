// A day with a phone in Swift: enrol, fill one sheet with a photo, sync, and see that phone and server agree.
//
//     Day SERVER CODE FOLDER PICTURE
//
// Built together with the generated guanmo.swift, guanmoFFI.h and its module map (docs/howto/native.md). It was never
// compiled by the project: what is checked is said there. On iOS the same calls are made from a model; `sync` from a
// background task.

import Foundation

/// Says how far a sync is. What it throws does not reach the sync.
final class Watcher: SyncObserver, @unchecked Sendable {
    var told = 0

    func onProgress(progress: Progress) throws {
        told += 1
    }
}

/// A mark that fits the item.
func markFor(item: Item) -> Mark {
    switch item.kind {
    case .score: return .points(item.maxE4)
    case .deduct: return .count(0)
    case .ratio: return .ratio(ok: 4, sampled: 5)
    case .yesNo: return .yesNo(true)
    }
}

/// Answers every line, attaches a photo, hands the sheet in; its id and how many answers were acknowledged.
func fill(phone: Phone, site: SiteView, picture: Data) throws -> (String, Int) {
    let sheet = try phone.openSheet(site: site.id, form: .detailed)
    do {
        _ = try phone.submit(id: sheet)
        fatalError("an empty sheet was handed in")
    } catch PhoneError.Refused(let problem) {
        // What is missing is said by line, and in words for people in both languages.
        precondition(problem.code == "incomplete" && !problem.missing.isEmpty)
        precondition(!problem.textZh.isEmpty && !problem.textEn.isEmpty)
    }
    var answers = 0
    for line in try phone.sheet(id: sheet).lines {
        let answer = Answer(mark: markFor(item: line.item))
        _ = try phone.answer(sheet: sheet, item: line.item.id, answer: answer)
        answers += 1
    }
    _ = try phone.attachPhoto(target: .sheet(sheet), picture: picture)
    _ = try phone.submit(id: sheet)
    return (sheet, answers)
}

@main
struct Day {
    static func main() async throws {
        let words = CommandLine.arguments
        let phone = try Phone.open(folder: words[3])
        let server = try Server(url: words[1])
        let watcher = Watcher()
        let me = try await phone.enrol(server: server, code: words[2], deviceName: "swift")
        _ = try await phone.sync(server: server)
        guard let site = try phone.sites().first(where: { !$0.recused && $0.lines > 0 }) else {
            fatalError("no site")
        }
        let picture = try Data(contentsOf: URL(fileURLWithPath: words[4]))
        let (sheet, answers) = try fill(phone: phone, site: site, picture: picture)
        let report = try await phone.sync(server: server, observer: watcher)
        let agreed = report.agreed.agreed && report.agreed.compared
        print("\(me.accountName) \(sheet) \(answers) \(report.photosSent) \(watcher.told) \(agreed)")
    }
}
