//! JSON held against a schema.

use super::site::{Site, hold};

#[tokio::test]
async fn json_fits_or_does_not() {
    hold(
        "${base}/json",
        &[
            "schema: { type: object, required: [name, price] }",
            "no schema: { type: array }",
            "json: $.items, schema: { type: array, items: { required: [id], properties: { id: { type: integer } } } }",
            "no json: $.items, schema: { items: { properties: { id: { maximum: 1 } } } }",
            "json: '$.items[*].id', schema: { items: { type: integer } }",
            "json: $.tags, schema: { type: array, uniqueItems: true, contains: { const: sale } }",
            "no json: $.missing, schema: { }",
            "json: $.size, schema: { $defs: { w: { type: integer } }, properties: { w: { $ref: '#/$defs/w' } } }",
        ],
    )
    .await;
}

#[tokio::test]
async fn violations_are_reported_with_their_paths() {
    let site = Site::start().await;
    let checks = "- schema: { required: [id], properties: { price: { type: integer }, items: { items: { required: [price] } } } }
- json: $.name
  schema: { type: integer }
- json: $.missing
  schema: { type: integer }";
    insta::assert_snapshot!(site.report("${base}/json", checks).await, @r#"
    failed: json `$` fits the schema
      expected: something that fits the schema
      actual: "id" is a required property; `/price`: 12.5 is not of type "integer"; `/items/0`: "price" is a required property; `/items/1`: "price" is a required property
    failed: json `$.name` fits the schema
      expected: something that fits the schema
      actual: "Lamp" is not of type "integer"
    failed: json `$.missing` fits the schema
      expected: something that fits the schema
      actual: nothing
      hint: `$` is there, `$.missing` is not; `$` has `name`, `price`, `stock`, `code`, `on`, `off`, `tags`, `items`
    "#);
    insta::assert_snapshot!(site.report("${base}/text", "- schema: { type: integer }").await, @r#"
    failed: json `$` fits the schema
      expected: something that fits the schema
      actual: nothing
      hint: the body is not JSON: expected value at line 1 column 1; it begins "Total: 42 EUR\n"
    "#);
}
