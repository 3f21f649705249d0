import Bytes
import CacheModel
import HTTP1

/// The tags of `If-Match` or `If-None-Match`, all lines of it, as positions.
///
/// Tags that can name no entry of ours are dropped: they match nothing.
struct TagList: Sendable {
    private(set) var wasSent = false
    private(set) var isAny = false
    private(set) var positions: [Position] = []
    private var areGzip: [Bool] = []

    /// The field was not sent.
    init() {}

    /// - Parameter weakly: weak tags count, as they do for `If-None-Match` only (RFC 9110 §13.1.1, §13.1.2).
    init(_ field: KnownField, of request: borrowing Request, weakly: Bool) throws(Problem) {
        var index = -1
        var counted = 0
        var lines = 0
        while let next = request.nextLine(of: field, after: index) {
            index = next
            lines += 1
            let line = request.line(next)
            do throws(FieldError) {
                counted = try read(line, counted: counted, weakly: weakly)
            } catch {
                throw Self.problem(field, error)
            }
        }
        wasSent = lines > 0
        if isAny && lines > 1 { throw Self.problem(field, .malformed) }
    }

    private mutating func read(
        _ line: Span<UInt8>, counted: Int, weakly: Bool
    ) throws(FieldError) -> Int {
        var tags = EntityTagList(line, counted: counted)
        if tags.isAny { isAny = true }
        while let tag = try tags.next() {
            guard weakly || !tag.isWeak, let ours = EntryTag(opaque: tag.opaque) else { continue }
            positions.append(ours.position)
            areGzip.append(ours.isGzip)
        }
        return tags.counted
    }

    private static func problem(_ field: KnownField, _ error: FieldError) -> Problem {
        let isMatch = field == .ifMatch
        if error == .tooMany {
            return Problem(
                .badRequest,
                isMatch ? "If-Match names more tags than the limit" : "If-None-Match names more tags than the limit",
                .limit(Limits.entityTags))
        }
        return .badRequest(
            isMatch
                ? "If-Match is * or a list of quoted entity tags" : "If-None-Match is * or a list of quoted entity tags"
        )
    }

    /// True when a tag names this very representation.
    func contains(_ tag: EntryTag) -> Bool {
        if isAny { return true }
        for index in positions.indices where positions[index] == tag.position && areGzip[index] == tag.isGzip {
            return true
        }
        return false
    }

    /// True when a tag names this version in any coding.
    func contains(version position: Position) -> Bool { isAny || positions.contains(position) }

    /// What the engine is asked.
    var condition: TagCondition {
        @_lifetime(borrow self)
        get {
            if !wasSent { return .absent }
            return isAny ? .any : .oneOf(positions.span)
        }
    }
}
