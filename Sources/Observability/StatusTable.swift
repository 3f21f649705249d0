/// The statuses this server gives, each with a place in the tables of counters: label sets stay bounded.
public enum StatusTable {
    public static let statuses: [Int] = [
        200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 416, 417, 421,
        422, 423, 428, 429, 431, 500, 501, 503, 505, 507,
    ]

    public static let count = 33

    /// The place of a status; any other has the last one.
    public static func index(_ status: Int) -> Int {
        switch status {
        case 200: 0
        case 201: 1
        case 204: 3
        case 404: 9
        default: statuses.firstIndex(of: status) ?? count - 1
        }
    }
}
