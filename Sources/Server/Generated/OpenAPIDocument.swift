// Made from openapi/openapi.yaml by scripts/embed-openapi.
// swift-format-ignore-file

/// The OpenAPI document as `/openapi.json` sends it.
package enum OpenAPIDocument {
    package static let bytes = Array(text.utf8)

    private static let text = #"""
{"openapi":"3.1.1",
"info":{"title":"Nuthatch",
"version":"0.1.0"},
"paths":{}}
"""#
}
