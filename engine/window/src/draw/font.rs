//! A font of five by seven pixels, drawn for this project: each letter is seven rows, each row a digit of base 32 whose
//! bits are the pixels, the leftmost first. Only the table is here.

/// Columns and rows of a letter.
pub const LETTER: [u32; 2] = [5, 7];
/// Letters that hang two rows below the others.
pub const HANGING: &str = "gpqy";
/// The letters from the blank to the tilde, in the order of their codes.
#[rustfmt::skip]
pub const LETTERS: [&[u8; 7]; 95] = [
    b"0000000", b"4444004", b"aaa0000", b"aavavaa", b"4fke5u4", b"op248j3", b"cik8lid", b"c480000",
    b"2488842", b"8422248", b"04lel40", b"044v440", b"0000c48", b"000v000", b"00000cc", b"01248g0",
    b"ehjlphe", b"4c4444e", b"eh1248v", b"v2421he", b"26aiv22", b"vgu11he", b"68guhhe", b"v124888",
    b"ehhehhe", b"ehhf12c", b"0cc0cc0", b"0cc0c48", b"248g842", b"00v0v00", b"8421248", b"eh12404",
    b"eh1dlle", b"ehhvhhh", b"uhhuhhu", b"ehggghe", b"uhhhhhu", b"vgguggv", b"vgguggg", b"ehgnhhf",
    b"hhhvhhh", b"e44444e", b"72222ic", b"hikokih", b"ggggggv", b"hrllhhh", b"hpljhhh", b"ehhhhhe",
    b"uhhuggg", b"ehhhlid", b"uhhukih", b"fgge11u", b"v444444", b"hhhhhhe", b"hhhhha4", b"hhhllla",
    b"hha4ahh", b"hhha444", b"v1248gv", b"e88888e", b"0g84210", b"e22222e", b"4ah0000", b"000000v",
    b"8420000", b"00e1fhf", b"ggmphhu", b"00egghe", b"11djhhf", b"00ehvge", b"698s888", b"fhhhf1e",
    b"ggmphhh", b"40c444e", b"20622ic", b"ggikoki", b"c44444e", b"00qllhh", b"00mphhh", b"00ehhhe",
    b"uhhhugg", b"fhhhf11", b"00mpggg", b"00ege1u", b"88s8896", b"00hhhjd", b"00hhha4", b"00hhlla",
    b"00ha4ah", b"hhhhf1e", b"00v248v", b"2448442", b"4444444", b"8442448", b"008l200",
];
