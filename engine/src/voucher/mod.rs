pub fn mask(n: &str) -> String {
    n.into()
}
