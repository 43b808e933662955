//! Rows in aligned columns; where the screen is too narrow for them, one below the other.

use super::screen::Screen;

/// Spaces between two columns.
const GAP: usize = 2;

/// Rows under heads.
#[derive(Debug, Clone)]
pub(super) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Returns the rows as they fit; columns that are empty throughout are left out.
    pub(super) fn shown(&self, screen: &Screen) -> String {
        let columns: Vec<Column> = self.columns();
        let whole: usize = columns.iter().map(|column| column.width + GAP).sum();
        if screen.fits(whole.saturating_sub(GAP)) {
            across(&columns, self.rows.len())
        } else {
            down(&columns, self.rows.len())
        }
    }

    fn columns(&self) -> Vec<Column<'_>> {
        let column = |(place, head): (usize, &&'static str)| {
            let cells: Vec<&str> =
                self.rows.iter().map(|row| row.get(place).map_or("", String::as_str)).collect();
            let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            (widest > 0).then(|| Column { head, width: widest.max(head.chars().count()), cells })
        };
        self.heads.iter().enumerate().filter_map(column).collect()
    }
}

struct Column<'a> {
    head: &'static str,
    width: usize,
    cells: Vec<&'a str>,
}

impl Column<'_> {
    fn cell(&self, row: usize) -> &str {
        self.cells.get(row).copied().unwrap_or_default()
    }
}

fn across(columns: &[Column<'_>], rows: usize) -> String {
    let line = |cell: &dyn Fn(&Column<'_>) -> String| {
        let cells = columns.iter().map(|column| {
            let text = cell(column);
            let fill = column.width.saturating_sub(text.chars().count()) + GAP;
            format!("{text}{}", " ".repeat(fill))
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    let heads = line(&|column| column.head.to_uppercase());
    let rows = (0..rows).map(|row| line(&|column| column.cell(row).to_owned()));
    std::iter::once(heads).chain(rows).collect::<Vec<_>>().join("\n")
}

fn down(columns: &[Column<'_>], rows: usize) -> String {
    let entry = |row: usize| {
        let lines = columns.iter().filter(|column| !column.cell(row).is_empty());
        let lines = lines.map(|column| format!("{}: {}", column.head, column.cell(row)));
        lines.collect::<Vec<_>>().join("\n")
    };
    (0..rows).map(entry).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn shown(width: Option<usize>) -> String {
        let mut table = Table::new(&["task", "stage", "claimed by", "late"]);
        table.row([
            "US-7K3F-92Q6".into(),
            "Medizinische Prüfung".into(),
            String::new(),
            String::new(),
        ]);
        table.row(["US-1".into(), "Field".into(), "grace".into(), String::new()]);
        table.shown(&Screen { width, zone: TimeZone::UTC, colour: false })
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        insta::assert_snapshot!(shown(None), @r"
        TASK          STAGE                 CLAIMED BY
        US-7K3F-92Q6  Medizinische Prüfung
        US-1          Field                 grace
        ");
        assert_eq!(shown(Some(46)), shown(None));
    }

    #[test]
    fn a_narrow_screen_gets_everything_one_below_the_other() {
        insta::assert_snapshot!(shown(Some(45)), @r"
        task: US-7K3F-92Q6
        stage: Medizinische Prüfung

        task: US-1
        stage: Field
        claimed by: grace
        ");
    }
}
