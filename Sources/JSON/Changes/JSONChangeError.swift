import Bytes

/// Why a change was not made to a document. Nothing of it was, then.
package struct JSONChangeError: Error, Sendable, Equatable {
    package var reason: Reason
    /// Which operation of a JSON Patch failed, counted from 0; nil of what is no matter of one operation.
    package var operation: Int?
    /// Where in the text of the patch the string lies, without its quotes and as it was sent, that names the place the
    /// operation failed at; empty without one.
    package var pointer: ByteSlice = .empty

    package init(_ reason: Reason, operation: Int? = nil, pointer: ByteSlice = .empty) {
        self.reason = reason
        self.operation = operation
        self.pointer = pointer
    }

    package enum Reason: Sendable, Equatable {
        /// The patch is not JSON.
        case patch(JSONError)
        /// The document is not JSON.
        case document(JSONError)

        // The patch is JSON, but no JSON Patch whatever the document is.
        case notAnArray
        case notAnOperation
        case unknownOperation
        case missingPath
        case missingFrom
        case missingValue
        case badPointer
        /// A value moved into itself.
        case moveIntoItself

        // The patch does not fit this document.
        case notFound
        case badIndex
        case testFailed
        case removesAll
        case tooDeep
        case tooLong
        case tooManySteps

        /// True of what no document could make right.
        package var isMalformed: Bool {
            switch self {
            case .patch, .notAnArray, .notAnOperation, .unknownOperation, .missingPath, .missingFrom, .missingValue,
                .badPointer, .moveIntoItself:
                true
            case .document, .notFound, .badIndex, .testFailed, .removesAll, .tooDeep, .tooLong, .tooManySteps: false
            }
        }

        /// One clause for the person who sent the patch.
        package var message: StaticString {
            switch self {
            case .patch(let error), .document(let error): error.reason.message
            case .notAnArray: "a JSON Patch is an array of operations"
            case .notAnOperation: "an operation is an object with an op"
            case .unknownOperation: "an operation is add, remove, replace, move, copy or test"
            case .missingPath: "an operation needs a path, a string"
            case .missingFrom: "move and copy need a from, a string"
            case .missingValue: "add, replace and test need a value"
            case .badPointer: "a pointer is empty or begins with a slash, and after each ~ follows 0 or 1"
            case .moveIntoItself: "a value cannot be moved into itself"
            case .notFound: "there is nothing at this place"
            case .badIndex: "the array has no such place"
            case .testFailed: "the value at this place is another one"
            case .removesAll: "the whole document cannot be removed"
            case .tooDeep: "the changed document would be nested deeper than 64"
            case .tooLong: "the changed document would be too long"
            case .tooManySteps: "the patch takes too many steps"
            }
        }
    }
}
