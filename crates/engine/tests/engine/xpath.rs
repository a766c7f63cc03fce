//! What an `XPath` finds on a page.

use super::site::{Site, hold};

#[tokio::test]
async fn nodes_and_values_hold_as_they_say() {
    hold(
        "${base}/",
        &[
            "xpath: //h1",
            "no xpath: //h2",
            "xpath: //h2, exists: false",
            "xpath: //h1, text: Welcome home",
            "no xpath: //h1, text: welcome home",
            "xpath: '//ul/li[2]', equals: Two",
            "xpath: //li, count: 3",
            "no xpath: //li, count: { above: 3 }",
            "xpath: //td, count: 0",
            "xpath: //li, texts: [One, Two, 3.5]",
            "no xpath: //li, order: ascending, filter: [{ replace: [One, Z] }]",
            "xpath: '//a[@class=\"buy\"]/@href', matches: ^/cart",
            "xpath: count(//li), equals: 3",
            "no xpath: count(//li), above: 3",
            "xpath: 'string(//h1/b)', equals: home",
            "xpath: sum(//td), equals: 0",
            "xpath: round(-0.2), equals: 0",
            "xpath: boolean(//h1)",
            "no xpath: boolean(//h2)",
            "xpath: not(//h2)",
            "xpath: '//li[3]/preceding-sibling::li', texts: [One, Two]",
            "xpath: '//*[self::body or self::ul]//li', count: 3",
            "xpath: '//li[last()]', text: '3.5'",
            "xpath: 'translate(\"abcd\", \"abc\", \"AB\")', equals: ABd",
            "xpath: 'substring(\"12345\", 1.5, 2.6)', equals: '234'",
            "xpath: 'substring-before(\"a=b=c\", \"=\")', equals: a",
            "xpath: 'string-length(normalize-space(\"a  b\"))', equals: 3",
            "xpath: 'starts-with(\"abc\", \"b\")', equals: false",
            "xpath: ceiling(1.2), equals: 2",
            "xpath: floor(-1.2), equals: -2",
            "xpath: '//input/@value', filter: upper, equals: T0K3N",
        ],
    )
    .await;
}

#[tokio::test]
async fn failures_show_how_far_the_path_matched() {
    let mut site = Site::start().await;
    site.vars.insert("bad".into(), "[".into());
    let report = site
        .report(
            "${base}/",
            "- { xpath: '//ul/li[@class=\"product\"]/a', text: Buy }
- { xpath: 'count(//li)', equals: 4 }
- { xpath: not(//h1) }
- { xpath: //li, texts: [One] }
- { xpath: //video, count: { at_least: 1 } }
- { xpath: 'count(//ul/il)', above: 0 }
- { xpath: 'string(//button)', equals: Buy }
- { xpath: 'boolean(//input[@name=\"csfr\"])' }
- { xpath: '//li[.=\"Won\"]', exists: true }
- { xpath: '//p[@class=\"empty\"]', not_equals: '' }
- { xpath: '//p${bad}' }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    failed: xpath `//ul/li[@class="product"]/a` equals "Buy"
      expected: "Buy"
      actual: nothing
      hint: `//ul/li` matches 3 elements, `//ul/li[@class="product"]` matches none; there is `[@class="products"]` (3)
    failed: xpath `count(//li)` equals 4
      expected: 4
      actual: 3
    failed: xpath `not(//h1)` equals true
      expected: true
      actual: false
    failed: xpath `//li` texts equals ["One"]
      expected: ["One"]
      actual: ["One","Two","3.5"]
    failed: xpath `//video` count at_least 1
      expected: at least 1
      actual: 0
      hint: nothing matches `//video`
    failed: xpath `count(//ul/il)` above 0
      expected: above 0
      actual: 0
      hint: `//ul` matches 1 element, `//ul/il` matches none
    failed: xpath `string(//button)` equals "Buy"
      expected: "Buy"
      actual: ""
      hint: nothing matches `//button`
    failed: xpath `boolean(//input[@name="csfr"])` equals true
      expected: true
      actual: false
      hint: `//input` matches 1 element, `//input[@name="csfr"]` matches none; there is `[@name="csrf"]` (1)
    failed: xpath `//li[.="Won"]` exists
      expected: something
      actual: nothing
      hint: `//li` matches 3 elements, `//li[.="Won"]` matches none
    failed: xpath `//p[@class="empty"]` not_equals ""
      expected: anything but ""
      actual: ""
    errored: xpath `//p[` exists
      actual: `//p[` is not an XPath: expected the name of a node, but it ends at character 5
    "#);
}
