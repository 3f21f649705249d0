import Bytes
import CacheModel
import HTTP1

/// GET and HEAD.
///
/// A plain GET is one command and one answer. One with conditions reads without sliding first, for a 304 must not
/// prolong a life; only when the answer will be 200 or 206 and the entry has a sliding lifetime is it read again.
extension Desk {
    mutating func readKey(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        var wish = ReadWish()
        if hasQuery || request.has(.prefer) { try read(&wish, request) }
        guard Conditions.areSent(in: request) else {
            return try readPlainly(key, request, wish, turn, response: &response)
        }
        let conditions = try Conditions(of: request, at: turn.now)
        return try read(key, request, wish, conditions, turn, response: &response)
    }

    private mutating func read(_ wish: inout ReadWish, _ request: borrowing Request) throws(Problem) {
        if isHead {
            let parameters = try parameters(
                request, allowing: ParameterSet(.key64, .touch, .stale), "unknown; HEAD takes touch, stale and key64")
            return try wish.read(parameters)
        }
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .touch, .stale, .wait),
            "unknown; GET takes touch, stale, wait and key64")
        try wish.read(parameters)
        if request.has(.prefer) { try wish.read(preference(request)) }
    }

    // MARK: Without conditions

    private mutating func readPlainly(
        _ key: Span<UInt8>, _ request: borrowing Request, _ wish: ReadWish, _ turn: Turn,
        response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let slides = wish.touch ?? !isHead
        try look(key, wish, slides: slides, wantsValue: !isHead, turn)
        let fields = EntityFields(reply.fields.readable)
        let coding = try chooseCoding(fields, request)
        if coding.form != .asStored && isHead {
            // The coded length is only known once the value has been coded.
            try look(key, wish, slides: false, wantsValue: true, turn)
        }
        try answerRead(request, fields, coding, turn, wish, response: &response)
        return .responded
    }

    /// Looks the entry up, or throws what a miss is.
    private mutating func look(
        _ key: Span<UInt8>, _ wish: ReadWish, slides: Bool, wantsValue: Bool, _ turn: Turn
    ) throws(Problem) {
        let command = Command.read(
            Read(key: key, slides: slides, acceptsStale: wish.acceptsStale, wantsValue: wantsValue))
        try execute(command, turn)
        guard case .hit = reply.outcome else { throw refusal() }
    }

    private func chooseCoding(_ fields: EntityFields, _ request: borrowing Request) throws(Problem) -> Coding {
        // A short value stored as it is has no choice: nothing need be parsed.
        if fields.contentEncoding == nil && reply.entry.valueCount < Coding.shortest { return .identity }
        return try Coding.choose(
            fields, in: reply.fields.readable, valueCount: reply.entry.valueCount, for: request)
    }

    // MARK: With conditions

    private mutating func read(
        _ key: Span<UInt8>, _ request: borrowing Request, _ wish: ReadWish, _ conditions: Conditions, _ turn: Turn,
        response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        var mayWait = wish.wait > 0 && conditions.noneMatch.wasSent && turn.resumption != .deadline
        var slides = false
        var wantsValue = !isHead
        while true {
            try look(key, wish, slides: slides, wantsValue: wantsValue, turn)
            let fields = EntityFields(reply.fields.readable)
            let coding = try chooseCoding(fields, request)
            let tag = EntryTag(reply.entry.position, isGzip: coding.isGzip)
            let verdict = conditions.verdict(on: tag, modifiedAt: reply.entry.modifiedAt)
            if verdict == .failed {
                throw Problem(.preconditionFailed, "the entry is not as asked", .etag(reply.entry.position))
            }
            if verdict == .notModified && mayWait {
                if watch(key, conditions, wish, turn) {
                    return .parked(until: turn.now.advanced(byMilliseconds: min(wish.wait, Limits.wait)))
                }
                mayWait = false
                continue
            }
            let shouldSlide = wish.touch ?? (verdict == .proceed && !isHead)
            if shouldSlide && !slides && reply.entry.idle > 0 {
                slides = true
                continue
            }
            if verdict == .notModified {
                answerNotModified(fields, coding, wish, at: turn.now, response: &response)
                return .responded
            }
            if coding.form != .asStored && !wantsValue {
                wantsValue = true
                continue
            }
            try answerRead(request, fields, coding, turn, wish, response: &response)
            return .responded
        }
    }

    /// True when the ticket will be delivered; false when there is something new already.
    private mutating func watch(
        _ key: Span<UInt8>, _ conditions: Conditions, _ wish: ReadWish, _ turn: Turn
    ) -> Bool {
        let command = Command.watch(
            Watch(key: key, known: conditions.noneMatch.condition, acceptsStale: wish.acceptsStale))
        return engine.execute(command, at: turn.now, ticket: turn.ticket, reply: &reply) == .pending
    }

    private mutating func answerNotModified(
        _ fields: EntityFields, _ coding: Coding, _ wish: ReadWish, at now: Instant, response: inout ResponseWriter
    ) {
        response.begin(304)
        writeEntry(fields, coding, at: now, response: &response)
        writeApplied(wish, response: &response)
        response.finishWithoutBody()
    }

    private func writeApplied(_ wish: ReadWish, response: inout ResponseWriter) {
        guard let seconds = wish.preferredWait else { return }
        response.beginField("Preference-Applied")
        response.buffer.append("wait=")
        response.buffer.append(decimal: seconds)
        response.endField()
    }

    // MARK: Answering

    /// 200, 206 or 416 from the reply.
    private mutating func answerRead(
        _ request: borrowing Request, _ fields: EntityFields, _ coding: Coding, _ turn: Turn, _ wish: ReadWish,
        response: inout ResponseWriter
    ) throws(Problem) {
        if coding.form != .asStored { try recode(coding.form) }
        let count = isHead && coding.form == .asStored ? reply.entry.valueCount : reply.valueBytes.count
        if !isHead, request.has(.range) {
            if try answerRange(request, fields, coding, turn, response: &response) { return }
        }
        response.begin(200)
        writeContent(fields, coding, response: &response)
        writeEntry(fields, coding, at: turn.now, response: &response)
        writeApplied(wish, response: &response)
        response.finish(length: count)
        if !isHead { writeValue(0..<count, response: &response) }
    }
}
