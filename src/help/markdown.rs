//! The part of Markdown that the topics are written in: headings, paragraphs, code, flat lists and
//! tables.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    Heading(Text),
    Paragraph(Text),
    /// Lines to be shown as they are.
    Code(String),
    List(Vec<Text>),
    Table {
        head: Vec<Text>,
        rows: Vec<Vec<Text>>,
    },
}

/// Words of a paragraph, a cell or the like, in order.
pub type Text = Vec<Words>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    Plain(String),
    /// What is typed or printed, as it is.
    Code(String),
}

/// The blocks of a text, in order. What this part of Markdown does not have becomes plain words.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        reader.take(event);
    }
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    text: Text,
    code: Option<String>,
    items: Vec<Text>,
    cells: Vec<Text>,
    head: Vec<Text>,
    rows: Vec<Vec<Text>>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => self.code = Some(String::new()),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.text.push(Words::Plain(text.into_string())),
            },
            Event::Code(code) => self.text.push(Words::Code(code.into_string())),
            Event::SoftBreak | Event::HardBreak => self.text.push(Words::Plain(" ".to_owned())),
            Event::End(end) => self.end(end),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        use std::mem::take;
        match end {
            TagEnd::Heading(_) => self.blocks.push(Block::Heading(take(&mut self.text))),
            // That of a list item is the item's.
            TagEnd::Paragraph => self.blocks.push(Block::Paragraph(take(&mut self.text))),
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.blocks.push(Block::Code(code));
            }
            TagEnd::Item => self.items.push(take(&mut self.text)),
            TagEnd::List(_) => self.blocks.push(Block::List(take(&mut self.items))),
            TagEnd::TableCell => self.cells.push(take(&mut self.text)),
            TagEnd::TableHead => self.head = take(&mut self.cells),
            TagEnd::TableRow => self.rows.push(take(&mut self.cells)),
            TagEnd::Table => self.blocks.push(Block::Table {
                head: take(&mut self.head),
                rows: take(&mut self.rows),
            }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::TOPICS;

    fn plain(words: &str) -> Words {
        Words::Plain(words.to_owned())
    }

    fn code(words: &str) -> Words {
        Words::Code(words.to_owned())
    }

    #[test]
    fn a_text_becomes_blocks_in_its_order() {
        let text = "## Names\n\nOne `-`\ntwo.\n\n    x | y\n\n- a\n- b\n\n| h | i |\n|---|---|\n| 1 | `2` |\n";
        let expected = [
            Block::Heading(vec![plain("Names")]),
            Block::Paragraph(vec![plain("One "), code("-"), plain(" "), plain("two.")]),
            Block::Code("x | y\n".to_owned()),
            Block::List(vec![vec![plain("a")], vec![plain("b")]]),
            Block::Table {
                head: vec![vec![plain("h")], vec![plain("i")]],
                rows: vec![vec![vec![plain("1")], vec![code("2")]]],
            },
        ];
        assert_eq!(blocks(text), expected);
    }

    #[test]
    fn topics_use_no_markdown_that_is_not_understood() {
        let understood = |tag: &Tag<'_>| {
            matches!(
                tag,
                Tag::Heading { .. }
                    | Tag::Paragraph
                    | Tag::CodeBlock(_)
                    | Tag::List(None)
                    | Tag::Item
                    | Tag::Table(_)
                    | Tag::TableHead
                    | Tag::TableRow
                    | Tag::TableCell
            )
        };
        for topic in TOPICS {
            for event in Parser::new_ext(topic.body(), Options::ENABLE_TABLES) {
                let fits = match &event {
                    Event::Start(tag) => understood(tag),
                    Event::Html(_) | Event::InlineHtml(_) | Event::Rule => false,
                    _ => true,
                };
                assert!(fits, "{}: {event:?}", topic.name);
            }
        }
    }
}
