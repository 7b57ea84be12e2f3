//! What becomes of pictures.

use std::io::Cursor;

use askwell::reading::{MediaType, Read};
use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::read;

async fn picture(name: &str, bytes: &[u8]) -> (MediaType, Vec<u8>, (u32, u32)) {
    match read(name, bytes).await.unwrap() {
        Read::Image {
            media_type,
            bytes,
            width,
            height,
        } => (media_type, bytes, (width, height)),
        Read::Text { .. } => panic!("{name} is no text"),
    }
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image
        .write_to(&mut Cursor::new(&mut bytes), format)
        .unwrap();
    bytes
}

/// Puts what a camera writes behind the beginning of a JPEG: that it was held on its side, and a word that nobody is to read.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPS 37.5665N");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xFF\xE1", &length, &exif, &jpeg[2..]].concat()
}

#[tokio::test]
async fn every_format_becomes_a_jpeg_whatever_its_name_says() {
    let image = RgbImage::from_pixel(30, 20, Rgb([200, 30, 30]));
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let (media_type, bytes, size) = picture("a.txt", &encoded(&image, format)).await;
        assert_eq!(
            (media_type, size),
            (MediaType::Jpeg, (30, 20)),
            "{format:?}"
        );
        let again = image::load_from_memory(&bytes).unwrap().into_rgb8();
        let red = again.get_pixel(15, 10).0;
        assert!(red[0] > 180 && red[1] < 60, "{format:?}: {red:?}");
    }
}

#[tokio::test]
async fn a_picture_that_is_transparent_somewhere_stays_a_png() {
    let mut image = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 255]));
    image.put_pixel(3, 3, Rgba([0, 0, 0, 0]));
    let mut bytes = Vec::new();
    image
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .unwrap();
    let (media_type, bytes, _) = picture("a.png", &bytes).await;
    assert_eq!(media_type, MediaType::Png);
    let again = image::load_from_memory(&bytes).unwrap().into_rgba8();
    assert_eq!(again, image);
}

#[tokio::test]
async fn a_large_picture_becomes_small_and_one_at_the_limit_stays() {
    for (size, becomes) in [
        ((1_568, 10), (1_568, 10)),
        ((1_569, 10), (1_568, 10)),
        ((100, 3_136), (50, 1_568)),
    ] {
        let image = RgbImage::new(size.0, size.1);
        let (_, _, made) = picture("a.png", &encoded(&image, ImageFormat::Png)).await;
        assert_eq!(made, becomes, "{size:?}");
    }
}

#[tokio::test]
async fn a_picture_is_turned_upright_and_says_nothing_of_where_it_was_taken() {
    let mut image = RgbImage::from_pixel(32, 16, Rgb([255, 255, 255]));
    for (x, y) in (0..16).flat_map(|x| (0..16).map(move |y| (x, y))) {
        image.put_pixel(x, y, Rgb([0, 0, 0]));
    }
    // 6: the camera was turned to its right, so the left of the sensor is the top.
    let photo = with_exif(&encoded(&image, ImageFormat::Jpeg), 6);
    let (_, bytes, size) = picture("a.jpg", &photo).await;
    assert_eq!(size, (16, 32));
    let again = image::load_from_memory(&bytes).unwrap().into_luma8();
    assert!(again.get_pixel(8, 4).0[0] < 60 && again.get_pixel(8, 28).0[0] > 200);
    let holds = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    assert!(!holds(b"Exif") && !holds(b"GPS"));
}
