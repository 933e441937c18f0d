use crate::chart::{Bar, Month, TreeStep, bars, timeline, tree};
use kernel::Locale;
use scraper::{Html, Selector};

fn count(markup: &crate::Html, selector: &str) -> usize {
    Html::parse_fragment(markup.as_str()).select(&Selector::parse(selector).unwrap()).count()
}

fn month(name: &str, looks: u32) -> Month {
    Month { name: name.to_owned(), looks }
}

#[test]
fn a_month_has_a_dot_per_look_and_many_become_a_bar_with_its_number() {
    let picture =
        timeline(Locale::En, "t", "Looks", &[month("Oct", 3), month("Nov", 0), month("Dec", 40)]);
    assert_eq!(count(&picture, "circle.c-dot"), 3);
    assert_eq!(count(&picture, "line.c-tower"), 1);
    assert_eq!(count(&picture, "tbody tr"), 3);
    assert!(picture.as_str().contains("Oct: 3 looks; Nov: nobody looked; Dec: 40 looks"));
}

#[test]
fn every_picture_has_a_name_a_description_and_a_table_and_escapes_what_it_is_given() {
    let hostile = "<script>\"&";
    for picture in [
        timeline(Locale::Tc, "a", hostile, &[month(hostile, 1)]),
        bars(
            Locale::Sc,
            "b",
            hostile,
            [hostile, hostile],
            &[Bar::new(hostile, 1), Bar::new("none", 0)],
        ),
        tree(
            Locale::En,
            "c",
            2,
            5,
            hostile,
            &[TreeStep { left: true, value: hostile.to_owned() }],
            hostile,
        ),
        timeline(Locale::En, "d", "empty", &[]),
        bars(Locale::En, "e", "empty", ["a", "b"], &[]),
        tree(Locale::En, "f", 0, 1, "leaf", &[], "root"),
    ] {
        for needed in
            ["svg[role=img] > title", "svg > desc", "details table caption", "thead th[scope=col]"]
        {
            assert!(count(&picture, needed) >= 1, "{needed}: {picture}");
        }
        assert_eq!(count(&picture, "script") + count(&picture, "[style]"), 0, "{picture}");
    }
}

#[test]
fn the_longest_bar_fills_its_track_and_a_little_is_not_nothing() {
    let picture = bars(
        Locale::En,
        "b",
        "Looks",
        ["Office", "Looks"],
        &[Bar::new("a", u64::MAX), Bar::new("b", 1), Bar::new("c", 0)],
    );
    let page = Html::parse_fragment(picture.as_str());
    let widths: Vec<_> = page
        .select(&Selector::parse("rect.c-bar").unwrap())
        .map(|bar| bar.attr("width").unwrap().to_owned())
        .collect();
    assert_eq!(widths, ["88%", "1%", "0%"]);
}

#[test]
fn given_values_stand_on_the_side_where_the_proof_joins_them() {
    // The tree of 7 leaves of RFC 9162 §2.1.5: the proofs of leaves 0, 3, 4 and 6.
    let sides = |index, size, given: usize| -> Vec<bool> {
        TreeStep::of_proof(index, size, &vec![String::new(); given])
            .iter()
            .map(|step| step.left)
            .collect()
    };
    assert_eq!(sides(0, 7, 3), [false, false, false]);
    assert_eq!(sides(3, 7, 3), [true, true, false]);
    assert_eq!(sides(4, 7, 3), [false, false, true]);
    assert_eq!(sides(6, 7, 2), [true, true]);
    assert_eq!(sides(0, 1, 5), [false; 0]);
}
