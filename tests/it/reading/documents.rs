//! What documents say.

use askwell::reading::{Read, Unreadable};

use super::files::{archive, docx, pdf, pdf_of_line, stream, xlsx};
use super::{read, whole_text};

#[tokio::test]
async fn a_text_in_the_korean_encoding_of_before_is_read() {
    let (text, pages) =
        whole_text("메모.txt", b"\xBE\xC8\xB3\xE7\r\n\xC7\xCF\xBC\xBC\xBF\xE4").await;
    assert_eq!((text.as_str(), pages), ("안녕\n하세요", None));
}

#[tokio::test]
async fn a_long_text_says_that_it_is_cut() {
    let long = "가".repeat(50_000);
    match read("long.log", long.as_bytes()).await.unwrap() {
        Read::Text { text, is_whole, .. } => {
            assert_eq!((text.len(), is_whole), (99_999, false));
        }
        Read::Image { .. } => panic!("a text is no picture"),
    }
}

#[tokio::test]
async fn a_word_document_is_read_with_its_tables() {
    let body = "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>첫 줄 &amp; &#xB458;</w:t><w:br/>\
        <w:t xml:space=\"preserve\"> 셋</w:t></w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p><w:t>가</w:t></w:p><w:p><w:t>나</w:t></w:p></w:tc><w:tc><w:p><w:t>2</w:t></w:p></w:tc></w:tr></w:tbl>\
        <mc:Fallback><w:t>twice</w:t></mc:Fallback><w:p><w:del><w:delText>gone</w:delText></w:del><w:tab/><w:t>끝</w:t></w:p>";
    let (text, _) = whole_text("a.docx", &docx(body)).await;
    assert_eq!(text, "첫 줄 & 둘\n 셋\n가 나\t2\n\t끝\n");
}

#[tokio::test]
async fn slides_are_read_in_the_order_of_their_numbers() {
    let slide = |words: &str| format!("<p:sld><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:sld>");
    let presentation = archive(&[
        ("ppt/presentation.xml", b"<p:presentation/>"),
        ("ppt/slides/slide10.xml", slide("열").as_bytes()),
        ("ppt/slides/slide2.xml", slide("둘").as_bytes()),
    ]);
    let (text, pages) = whole_text("a.pptx", &presentation).await;
    assert_eq!(text, "# Slide 1\n\n둘\n\n# Slide 2\n\n열\n");
    assert_eq!(pages, Some(2));
}

#[tokio::test]
async fn a_hangul_document_is_read() {
    let section = "<hs:sec><hp:p><hp:run><hp:t>한글 문서</hp:t></hp:run></hp:p></hs:sec>";
    let document = archive(&[("Contents/section0.xml", section.as_bytes())]);
    assert_eq!(whole_text("a.hwpx", &document).await.0, "한글 문서\n");
}

#[tokio::test]
async fn a_spreadsheet_is_read_as_csv_under_its_name() {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>이름, \"별명\"</t></is></c><c r=\"B1\"><v>3.5</v></c></row>\
        <row r=\"2\"><c r=\"B2\" t=\"b\"><v>1</v></c></row>";
    let (text, _) = whole_text("a.xlsx", &xlsx("매출", rows)).await;
    assert_eq!(text, "# 매출\n\n\"이름, \"\"별명\"\"\",3.5\n,true\n");
}

#[tokio::test]
async fn an_open_document_spreadsheet_is_read() {
    let content = "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
        xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\">\
        <office:body><office:spreadsheet><table:table table:name=\"표\"><table:table-row>\
        <table:table-cell office:value-type=\"string\"><text:p>값</text:p></table:table-cell>\
        <table:table-cell office:value-type=\"float\" office:value=\"7\"><text:p>7</text:p></table:table-cell>\
        </table:table-row></table:table></office:spreadsheet></office:body></office:document-content>";
    let manifest = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    let kind: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
    let book = archive(&[
        ("mimetype", kind),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
    ]);
    assert_eq!(whole_text("a.ods", &book).await.0, "# 표\n\n값,7\n");
}

#[tokio::test]
async fn a_pdf_is_read_whatever_its_name_says() {
    for name in ["a.pdf", "a.png", "a"] {
        let (text, pages) = whole_text(name, &pdf_of_line("Hello from a page", "")).await;
        assert_eq!((text.trim(), pages), ("Hello from a page", Some(1)));
    }
}

/// A PDF that shows these codes in a font of many characters, described by these entries.
fn pdf_of_codes(codes: &str, font: &str, map: &str) -> Vec<u8> {
    pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R >> >> >>",
            &stream(&format!("BT /F1 12 Tf 72 720 Td <{codes}> Tj ET")),
            &format!(
                "<< /Type /Font /Subtype /Type0 /BaseFont /X /DescendantFonts [6 0 R] {font} >>"
            ),
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 1000 /FontDescriptor 8 0 R \
             /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
            &stream(map),
            "<< /Type /FontDescriptor /FontName /X /Flags 4 >>",
        ],
        "",
    )
}

#[tokio::test]
async fn korean_in_a_pdf_is_read_by_the_map_it_brings() {
    let map = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def \
        1 begincodespacerange <0000> <FFFF> endcodespacerange \
        2 beginbfchar <0001> <D55C> <0002> <AE00> endbfchar \
        endcmap CMapName currentdict /CMap defineresource pop end end";
    for encoding in ["Identity-H", "KSCms-UHC-H"] {
        let font = format!("/Encoding /{encoding} /ToUnicode 7 0 R");
        let codes = if encoding == "Identity-H" {
            "00010002"
        } else {
            "0102"
        };
        let file = pdf_of_codes(codes, &font, map);
        assert_eq!(
            whole_text("a.pdf", &file).await.0.trim(),
            "한글",
            "{encoding}"
        );
    }
}

#[tokio::test]
async fn korean_in_a_pdf_is_read_by_the_name_of_its_encoding() {
    for (encoding, codes) in [
        ("UniKS-UCS2-H", "D55CAE000041"),
        ("UniKS-UTF16-V", "D55CAE000041"),
        ("KSCms-UHC-H", "C7D1B1DB41"),
        ("KSC-EUC-H", "C7D1B1DB41"),
    ] {
        let file = pdf_of_codes(codes, &format!("/Encoding /{encoding}"), "");
        let (text, _) = whole_text("a.pdf", &file).await;
        assert_eq!(text.trim(), "한글A", "{encoding}");
    }
}

#[tokio::test]
async fn a_pdf_whose_font_tells_only_shapes_is_not_whole() {
    let file = pdf_of_codes("00010002", "/Encoding /Identity-H", "");
    let read = read("a.pdf", &file).await;
    assert!(
        matches!(
            read,
            Ok(Read::Text {
                is_whole: false,
                ..
            })
        ),
        "{read:?}"
    );
}

#[tokio::test]
async fn a_page_that_cannot_be_read_leaves_the_others_and_is_told() {
    let content = stream("BT /F1 12 Tf 72 720 Td (second) Tj ET");
    // The first page has no size, which the library takes for granted.
    let file = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
            "<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R \
             /Resources << /Font << /F1 6 0 R >> >> >>",
            &content,
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ],
        "",
    );
    match read("a.pdf", &file).await.unwrap() {
        Read::Text {
            text,
            is_whole,
            pages,
        } => assert_eq!((text.trim(), is_whole, pages), ("second", false, Some(2))),
        Read::Image { .. } => panic!("a text is no picture"),
    }
}

#[tokio::test]
async fn what_wants_a_password_says_so() {
    let zeros = "00".repeat(32);
    let encrypted = format!(
        "/Encrypt << /Filter /Standard /V 1 /R 2 /O <{zeros}> /U <{zeros}> /P -4 >> \
         /ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]"
    );
    let pdf = pdf_of_line("secret", &encrypted);
    let mut docx = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    docx.resize(1_024, 0);
    docx.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    docx.resize(2_048, 0);
    for (name, bytes) in [("a.pdf", pdf), ("a.docx", docx)] {
        let read = read(name, &bytes).await;
        assert!(
            matches!(read, Err(Unreadable::Encrypted)),
            "{name}: {read:?}"
        );
    }
}
