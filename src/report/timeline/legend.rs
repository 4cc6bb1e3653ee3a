//! What is explained below the picture.

use maud::{Markup, html};

use super::draw::class;
use super::marks::SYMBOLS;
use crate::trace::Glyph;

/// What colours, letters and symbols mean; as wide as `width`, from `y` on. How high it is comes with
/// it.
pub fn legend(width: usize, y: usize) -> (Markup, usize) {
    const ITEM: usize = 200;
    let columns = (width / ITEM).max(1);
    let place = |index: usize| (index % columns * ITEM, y + index / columns * LINE);
    let first = Glyph::EXPLAINED.len();
    let count = first + SYMBOLS.len();
    let drawn = html! {
        @for (index, glyph) in Glyph::EXPLAINED.into_iter().enumerate() {
            @let (x, y) = place(index);
            rect class=(class(glyph)) x=(x) y=(y) width="18" height="18" rx="2" {}
            text class="letter" x=(x + 9) y=(y + 13) { (glyph.letter()) }
            text class="quiet" x=(x + 25) y=(y + 13) { (glyph.meaning()) }
        }
        @for (index, (symbol, meaning)) in SYMBOLS.into_iter().enumerate() {
            @let (x, y) = place(first + index);
            text class="sign" x=(x + 9) y=(y + 13) { (symbol) }
            text class="quiet" x=(x + 25) y=(y + 13) { (meaning) }
        }
    };
    (drawn, count.div_ceil(columns) * LINE)
}

const LINE: usize = 24;
