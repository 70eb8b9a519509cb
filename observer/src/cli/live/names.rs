//! Names and patterns of interfaces, as a list: commas separate, but not within a pattern's braces and
//! brackets (`eth0,veth{1,2}*`).

use std::convert::Infallible;
use std::str::FromStr;

/// A list of names and patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// Those of several lists.
    pub fn all(lists: &[Self]) -> Vec<String> {
        lists.iter().flat_map(|list| list.0.iter().cloned()).collect()
    }
}

impl FromStr for Names {
    type Err = Infallible;

    /// What is no pattern is for the capture to say, which knows the interfaces.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let mut names = vec![String::new()];
        let (mut braces, mut is_class, mut is_escaped) = (0_usize, false, false);
        for c in text.chars() {
            let is_literal = std::mem::take(&mut is_escaped);
            match c {
                _ if is_literal => {}
                '\\' => is_escaped = true,
                '[' => is_class = true,
                ']' => is_class = false,
                '{' if !is_class => braces += 1,
                '}' if !is_class => braces = braces.saturating_sub(1),
                ',' if braces == 0 && !is_class => {
                    names.push(String::new());
                    continue;
                }
                _ => {}
            }
            if let Some(name) = names.last_mut() {
                name.push(c);
            }
        }
        Ok(Self(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_but_within_a_pattern() {
        let names = |text: &str| text.parse::<Names>().unwrap().0;
        assert_eq!(names("eth0,veth*"), ["eth0", "veth*"]);
        assert_eq!(names("veth{a,b},lo"), ["veth{a,b}", "lo"]);
        assert_eq!(names("x{a,{b,c}},[,]y,z"), ["x{a,{b,c}}", "[,]y", "z"]);
        assert_eq!(names("a\\{b,c"), ["a\\{b", "c"]);
        assert_eq!(names("lo,"), ["lo", ""]);
    }
}
