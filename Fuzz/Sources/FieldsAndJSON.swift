import Bytes
import HTTP1
import JSON

/// Reads `input` as JSON in every way a caller can, and checks what must hold whatever the bytes are.
func fuzzJSON(_ input: Span<UInt8>) {
    var rewritten = IOBuffer()
    let isGood = rewriteJSON(input, into: &rewritten)
    precondition(isGood == skipsJSON(input), "reading and skipping disagree")
    if isGood {
        // What was understood, written down and read again, is the same text.
        var again = IOBuffer()
        precondition(rewriteJSON(rewritten.readable, into: &again), "our own JSON is refused")
        precondition(again.readable.equals(rewritten.readable), "a round trip changed the text")
        var compact = IOBuffer()
        JSONWriter.append(compacting: input, into: &compact)
        again.removeAll()
        precondition(rewriteJSON(compact.readable, into: &again), "a text without blanks is refused")
        precondition(again.readable.equals(rewritten.readable), "leaving out blanks changed the text")
    }
    for offset in [0, input.count / 2, input.count] {
        var pointer = IOBuffer()
        JSONPointer.append(placeOf: offset, in: input, into: &pointer)
        precondition(pointer.isEmpty || pointer[0] == 0x2F, "a pointer begins with a slash")
    }
    var text = IOBuffer()
    var json = JSONWriter()
    json.beginObject(into: &text)
    json.member("value", orBase64: "value64", bytes: input, into: &text)
    json.endObject(into: &text)
    precondition(skipsJSON(text.readable), "a written member cannot be read")
    checkMember(text.readable, holds: input)
}

/// Writes the tokens of `input` as JSON; false when it is none.
private func rewriteJSON(_ input: Span<UInt8>, into out: inout IOBuffer) -> Bool {
    var reader = JSONReader(input)
    var json = JSONWriter()
    var text = IOBuffer()
    var last = -1
    do {
        while true {
            let token = try reader.next()
            precondition(reader.tokenStart >= last, "tokens went backwards")
            last = reader.tokenStart
            text.removeAll()
            switch token {
            case .beginObject: json.beginObject(into: &out)
            case .endObject: json.endObject(into: &out)
            case .beginArray: json.beginArray(into: &out)
            case .endArray: json.endArray(into: &out)
            case .name(let name):
                reader.append(name, into: &text)
                precondition(text.count == reader.unescapedCount(of: name))
                precondition(text.count <= Int(name.raw.count), "unescaping made a name longer")
                json.name(utf8: text.readable, into: &out)
            case .string(let string):
                reader.append(string, into: &text)
                precondition(text.readable.isValidUTF8, "a string that is not UTF-8")
                json.string(text.readable, into: &out)
            case .number(let number):
                _ = try? integer(number, of: input)
                json.raw(reader.bytes(of: number.raw), into: &out)
            case .bool(let value): json.bool(value, into: &out)
            case .null: json.null(into: &out)
            case .end: return true
            }
        }
    } catch {
        precondition(error.offset >= 0 && error.offset <= input.count, "an error outside the text")
        do { _ = try reader.next() } catch let second { precondition(second == error) }
        out.removeAll()
        return false
    }
}

private func integer(_ number: JSONNumber, of input: Span<UInt8>) throws(JSONError) -> Int64 {
    var reader = JSONReader(input.extracting(number.raw))
    let value = try reader.integer()
    try reader.finish()
    return value
}

private func skipsJSON(_ input: Span<UInt8>) -> Bool {
    var reader = JSONReader(input)
    do {
        let slice = try reader.skipValue()
        try reader.finish()
        precondition(slice.end <= input.count)
        return true
    } catch {
        return false
    }
}

private func checkMember(_ json: Span<UInt8>, holds bytes: Span<UInt8>) {
    var reader = JSONReader(json)
    var held = IOBuffer()
    do {
        try reader.beginObject()
        guard let name = try reader.nextMember() else { preconditionFailure("no member") }
        let value = try reader.string()
        if reader.matches(name, "value") {
            reader.append(value, into: &held)
        } else {
            precondition(Base64.decode(reader.rawBytes(of: value), .standard, into: &held))
        }
    } catch {
        preconditionFailure("a written member cannot be read")
    }
    precondition(held.readable.equals(bytes), "the bytes changed on their way")
}

/// Reads `input` as the value of every field, and checks what must hold whatever the bytes are.
func fuzzFields(_ input: Span<UInt8>) {
    fuzzEntityTags(input)
    fuzzRanges(input)
    fuzzDates(input)
    fuzzDirectives(input)
    fuzzNegotiation(input)
    fuzzStructured(input)
}

private func fuzzEntityTags(_ input: Span<UInt8>) {
    var tags = EntityTagList(input)
    var count = 0
    do {
        while let tag = try tags.next() {
            count += 1
            precondition(tag.matchesWeakly(tag) && tag.matchesStrongly(tag) == !tag.isWeak)
            precondition(tag.opaque.firstIndex(of: 0x22) == nil && tag.opaque.count < input.count)
        }
        precondition(tags.isAny || count > 0, "a line without tags was taken")
    } catch {}
    precondition(count <= EntityTagList.maximumTags)
    _ = EntityTag.parse(input)
}

private func fuzzRanges(_ input: Span<UInt8>) {
    guard let ranges = ByteRanges.parse(input) else { return }
    precondition(ranges.count >= 1 && ranges.count <= ByteRanges.maximumRanges)
    for length in [0, 1, 10, 1 << 20, Int.max] {
        guard case .partial(let parts) = ranges.resolve(length: length) else { continue }
        var sum: UInt64 = 0
        for index in 0..<parts.count {
            let part = parts[index]
            precondition(!part.isEmpty && part.lowerBound >= 0 && part.upperBound <= length)
            sum += UInt64(part.count)
        }
        precondition(sum <= UInt64(length), "more is sent than there is")
    }
}

private func fuzzDates(_ input: Span<UInt8>) {
    var buffer = IOBuffer()
    if let seconds = HTTPDate.parse(input, now: 1_767_225_600) {
        HTTPDate.append(seconds, into: &buffer)
        // A leap second at the end of 9999 is shown as the second before it.
        let again = HTTPDate.parse(buffer.readable, now: 0)
        precondition(again == min(seconds, 253_402_300_799), "a date changed on its way")
    }
    buffer.removeAll()
    if let instant = RFC3339.parse(input) {
        RFC3339.append(milliseconds: instant, into: &buffer)
        let shown = min(max(instant, -62_167_219_200_000), 253_402_300_799_999)
        precondition(RFC3339.parse(buffer.readable) == shown, "an instant changed on its way")
    }
    if let duration = try? DurationText.parse(input) {
        precondition(duration.milliseconds >= 1 && duration.milliseconds <= DurationText.longest)
        precondition(duration.jitterPercent >= 0 && duration.jitterPercent <= 100)
    }
}

private func fuzzDirectives(_ input: Span<UInt8>) {
    var control = CacheControl()
    if (try? control.read(input)) != nil {
        var twice = control
        precondition((try? twice.read(input)) != nil && twice == control, "a repeated line changed the field")
        for seconds in [control.maxAge, control.staleWhileRevalidate, control.staleIfError] {
            precondition((seconds ?? 0) >= 0 && (seconds ?? 0) <= CacheControl.longestSeconds)
        }
    }
    var preference = Preference()
    preference.read(input)
    var twice = preference
    twice.read(input)
    precondition(twice == preference && (preference.wait ?? 0) >= 0)
}

private func fuzzNegotiation(_ input: Span<UInt8>) {
    var codings = AcceptEncoding()
    codings.read(input, other: input)
    precondition(!codings.prefersGzip || codings.acceptsGzip)
    let offers: InlineArray<4, MediaOffer> = [.json, .text, .html, .openMetrics]
    if let best = Accept.best(of: offers, by: input) { precondition((0..<4).contains(best)) }
    if let type = MediaType.parse(input) {
        precondition(!type.type.isEmpty && !type.subtype.isEmpty)
        precondition(!type.isJSON || type.isCompressible, "JSON is text")
        if let charset = type.parameter("charset") { precondition(charset.count < input.count) }
    }
    if let token = Authorization.bearerToken(input) {
        precondition(!token.isEmpty && token.firstIndex(of: 0x20) == nil)
    }
}

private func fuzzStructured(_ input: Span<UInt8>) {
    var item = StructuredField(input)
    if let value = try? item.item() {
        if case .string(let content, _) = value { checkString(content) }
        while (try? item.nextParameter()) != nil {}
        try? item.finish()
    }
    precondition(listIsGood(input, readingInside: true) == listIsGood(input, readingInside: false))
    var dictionary = StructuredField(input)
    do {
        while let name = try dictionary.nextMemberName() {
            precondition(!name.isEmpty)
            _ = try dictionary.memberValue()
        }
    } catch {}
}

private func listIsGood(_ input: Span<UInt8>, readingInside: Bool) -> Bool {
    var list = StructuredField(input)
    do {
        while let member = try list.nextListMember() {
            guard readingInside else { continue }
            if case .innerList = member {
                while try list.nextInner() != nil {
                    while try list.nextParameter() != nil {}
                }
            }
            while try list.nextParameter() != nil {}
        }
        return true
    } catch {
        return false
    }
}

/// A string unescaped, written and read again is the same.
private func checkString(_ content: Span<UInt8>) {
    var meaning = IOBuffer()
    StructuredField.append(unescaping: content, into: &meaning)
    var quoted = IOBuffer()
    StructuredField.append(string: meaning.readable, into: &quoted)
    var field = StructuredField(quoted.readable)
    guard case .string(let again, _)? = try? field.item() else {
        preconditionFailure("a written string cannot be read")
    }
    precondition(again.equals(content), "a string changed on its way")
}
