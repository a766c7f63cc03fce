//! Traces of functions, which Lambda may stop once they have answered.

use stepcast_tests::aws::Stack;
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Collector, Settings, Site};

#[tokio::test]
async fn functions_export_their_spans_before_they_answer() {
    let (collector, site) = (Collector::start().await, Site::start().await);
    let settings = Settings { collector: Some(collector.address), ..Settings::default() };
    let stack = Stack::start(settings).await;
    let mut client = stack.client().await;
    let tests: Vec<_> =
        (0..3).map(|number| page(&format!("Test {number}"), &format!("{}/page/{number}", site.base))).collect();
    let job = client.run(suite(&tests)).await;
    client.until(is_end_of(&job)).await;
    // The job, three tests, and a step of each: the template lets nothing else export than the end of an invocation.
    let spans = collector.spans(7).await;
    assert!(spans.iter().all(|span| span.trace == job.replace('-', "")), "{spans:?}");
    stack.stop().await;
}
