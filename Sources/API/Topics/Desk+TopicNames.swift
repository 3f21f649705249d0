import Bytes
import CacheModel
import HTTP1
import PubSub

/// The names in the path of a topic's resources.
extension Desk {
    /// The topic of the path, decoded once into `name`: the segment behind `/v1/topics/`, or `key64` where that is `-`.
    func readTopicName(_ request: borrowing Request, into name: inout IOBuffer) throws(Problem) {
        let path = request.path
        let start = RoutePath.topicPrefix.utf8CodeUnitCount
        let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
        let segment = path.extracting(start..<end)
        try Self.decode(segment, into: &name)
        guard segment.count == 1, segment[0] == UInt8(ascii: "-"), hasQuery else { return }
        try takeEncodedName(request, into: &name)
        try Self.checkName(name)
    }

    func topicName(_ request: borrowing Request) throws(Problem) -> TopicName {
        var name = IOBuffer()
        try readTopicName(request, into: &name)
        return TopicName(name.readable)
    }

    /// The member of the path, decoded.
    func memberName(_ request: borrowing Request) throws(Problem) -> [UInt8] {
        let path = request.path
        let start = RoutePath.topicPrefix.utf8CodeUnitCount
        let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
        var name = IOBuffer()
        try Self.decode(path.extracting((end + "/presence/".utf8.count)..<path.count), into: &name)
        guard name.count <= PubSubLimits.memberBytes else {
            throw Problem(.badName, "a member's name is at most 256 bytes")
        }
        return name.readable.copied()
    }

    private static func decode(_ segment: Span<UInt8>, into name: inout IOBuffer) throws(Problem) {
        guard PercentCoding.decode(segment, plusIsSpace: false, into: &name) else {
            throw Problem(.badName, "a percent sign in a name must be followed by two hexadecimal digits")
        }
        try checkName(name)
    }

    private static func checkName(_ name: borrowing IOBuffer) throws(Problem) {
        guard name.count >= 1 && name.count <= Limits.keyBytes else {
            throw Problem(.badName, "a name is 1 to 4096 bytes")
        }
    }

    static func refuseOwn(_ topic: TopicName) throws(Problem) {
        let bytes = topic.bytes
        try refuseOwn(bytes.span)
    }

    /// Names with `$` in front are the server's own.
    static func refuseOwn(_ topic: Span<UInt8>) throws(Problem) {
        if topic[0] == UInt8(ascii: "$") {
            throw Problem(.forbidden, "topics that begin with $ are the server's", .needs("another name"))
        }
    }
}
