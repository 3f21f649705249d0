import Posix

/// The room there is on a disk for what is kept on it.
package struct DiskSpace: Sendable, Equatable {
    /// The shortest segment worth a file.
    static let leastSegment = 1 << 16

    package let free: Int
    package let total: Int

    package init(free: Int, total: Int) {
        self.free = free
        self.total = total
    }

    package init(of disk: any Disk) throws(SystemError) {
        let space = try disk.space()
        self.init(free: space.free, total: space.total)
    }

    /// What is not used for data, so that closing files and telling about it still goes: the lesser of 64 MiB and 5 %
    /// of the file system.
    package var reserve: Int { min(64 << 20, total / 20) }

    /// What is free for data; negative when the reserve is used.
    package var spare: Int { free - reserve }

    /// Bytes to make sure of for a segment of at most so many: a quarter of what can be spared on a small disk, so that
    /// snapshots, without which the log is never shortened, find room too.
    package func segment(_ most: Int) -> Int { max(0, min(most, spare / 4)) }
}

/// How long segments become.
enum SegmentLength {
    /// Segments of the length that was asked for, before longer ones come.
    private static let equal = 4096
    /// Longer than this none becomes by itself.
    private static let most = 256 << 20

    /// Where the next segment ends: twice as far with every 4,096 there are, so that the manifest, which has a line for
    /// each and is written anew for each, stays small whatever length was asked for.
    static func bytes(_ asked: Int, behind count: Int) -> Int {
        max(asked, min(most, asked << min(count / equal, 16)))
    }
}
