//! The code is read by a reader that is not ours, and gives back the token.

use annona_engine::voucher::{
    Context,
    qr::{self, QrError},
    sign, verify,
};

use crate::fixture::{NOW, claims, key, trusted};

fn token() -> String {
    sign(&claims(), &key()).unwrap()
}

/// Reads a picture whose pixel is dark where `is_dark` says so.
fn read(width: usize, height: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        if is_dark(x, y) { 0 } else { 255 }
    });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    let (meta, text) = grids[0].decode().unwrap();
    assert_eq!(meta.ecc_level, 3, "error level Q");
    text
}

#[test]
fn the_png_gives_back_the_token_to_another_reader() {
    for scale in [2, 4] {
        let png = qr::png(&token(), scale).unwrap();
        let picture = image::load_from_memory(&png).unwrap().into_luma8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let text = read(width, height, |x, y| picture.as_raw()[y * width + x] < 128);
        assert_eq!(text, token());
        assert!(verify(&text, &trusted(), &Context::at(NOW)).is_ok());
    }
}

#[test]
fn the_terminal_shows_the_same_code_in_its_own_colours() {
    let text = qr::terminal(&token()).unwrap();
    let rows: Vec<Vec<char>> = text
        .lines()
        .map(|line| {
            let inner = line.strip_prefix("\u{1b}[38;5;16m\u{1b}[48;5;231m").unwrap();
            inner.strip_suffix("\u{1b}[0m").unwrap().chars().collect()
        })
        .collect();
    let width = qr::terminal_width(&token()).unwrap();
    assert!(rows.iter().all(|row| row.len() == width));
    assert!(rows[0].iter().chain(&rows[1]).all(|module| *module == ' '), "four light rows");
    let is_dark = |x: usize, y: usize| match rows[y / 2][x] {
        '█' => true,
        '▀' => y.is_multiple_of(2),
        '▄' => !y.is_multiple_of(2),
        _ => false,
    };
    assert_eq!(read(width * 3, rows.len() * 6, |x, y| is_dark(x / 3, y / 3)), token());
}

#[test]
fn the_svg_shows_the_same_code_at_a_printable_size() {
    let svg = qr::svg(&token()).unwrap();
    let width = qr::terminal_width(&token()).unwrap();
    let hundredths = width * 45;
    assert!(
        svg.contains(&format!("width=\"{}.{:02}mm\"", hundredths / 100, hundredths % 100)),
        "0.45 mm a module"
    );
    let path = svg.split("fill=\"#000\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut dark = vec![false; width * width];
    for run in path.split('z').filter(|run| !run.is_empty()) {
        let (start, rest) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
        let (x, y) = start.split_once(' ').unwrap();
        let (length, _) = rest.split_once('v').unwrap();
        let at = y.parse::<usize>().unwrap() * width + x.parse::<usize>().unwrap();
        dark[at..at + length.parse::<usize>().unwrap()].fill(true);
    }
    assert_eq!(read(width * 3, width * 3, |x, y| dark[y / 3 * width + x / 3]), token());
}

#[test]
fn a_text_that_fits_into_no_code_is_refused() {
    assert_eq!(qr::svg(""), Err(QrError::NotAlphanumeric));
    assert_eq!(qr::png("https://example.org", 4), Err(QrError::NotAlphanumeric));
    assert!(qr::svg(&"A".repeat(qr::MAX_CHARACTERS)).is_ok());
    let characters = qr::MAX_CHARACTERS + 1;
    assert_eq!(qr::terminal(&"A".repeat(characters)), Err(QrError::TooLong { characters }));
}
