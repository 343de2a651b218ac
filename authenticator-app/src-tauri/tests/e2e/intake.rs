use std::{fs, path::Path};

use countersign_tests::{Account, Stage};
use qrcode::{Color, QrCode};

use crate::{browser::Browser, page, surroundings::Surroundings};

/// A picture of a code, four pixels a module, with the quiet zone of four.
fn draw(text: &str, file: &Path) {
    const MODULE: usize = 4;
    let code = QrCode::new(text).unwrap();
    let (width, colors) = (code.width(), code.to_colors());
    let side = (width + 8) * MODULE;
    let dark = |x: usize, y: usize| {
        let at = |pixel: usize| (pixel / MODULE).checked_sub(4).filter(|at| *at < width);
        at(x).zip(at(y)).is_some_and(|(x, y)| colors[y * width + x] == Color::Dark)
    };
    let pixels: Vec<u8> =
        (0..side * side).map(|at| if dark(at % side, at / side) { 0 } else { 255 }).collect();
    let length = u32::try_from(side).unwrap();
    let mut png = png::Encoder::new(fs::File::create(file).unwrap(), length, length);
    png.set_color(png::ColorType::Grayscale);
    png.write_header().unwrap().write_image_data(&pixels).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chosen_picture_and_links_of_other_programs_are_taken_in() {
    let stage = Stage::in_memory().await;
    stage.realm().world().clock.resume();
    let (mia, noah) =
        (Account::open(&stage.realm(), "Mia").await, Account::open(&stage.realm(), "Noah").await);
    let link = mia.enrolment_link().await.to_text();
    let surroundings = Surroundings::with_keyring();
    let browser = Browser::open(&surroundings).await;
    page::first_run_by_keyring(&browser).await;

    let setup = mia.session.start_totp(None).await.unwrap();
    let picture = surroundings.home().join("code.png");
    // EXPOSE: shown as a picture.
    draw(setup.otpauth_uri.expose(), &picture);
    browser.press("Add account").await;
    browser.type_into("//dialog//input[@type='file']", picture.to_str().unwrap()).await;
    browser.see("A new code every 30 s").await;
    browser.photograph("recognised").await;
    browser.press_in("//dialog", "Add").await;
    let code = page::code(&browser).await;
    mia.session.confirm_totp(setup.method_id, code.parse().unwrap()).await.unwrap();

    // EXPOSE: handed over by a browser, say.
    surroundings.hand_over(link.expose());
    browser.find("//dialog//button[contains(., 'Connect')]").await;
    browser.photograph("handed-over").await;
    browser.press_in("//dialog", "Connect").await;
    page::connection(&browser, &format!("Connected to {}", mia.person.company)).await;

    // One that comes while the app is locked waits.
    browser.press("Lock now").await;
    browser.see("Unlock with the keyring").await;
    // EXPOSE: as above.
    surroundings.hand_over(noah.enrolment_link().await.to_text().expose());
    page::unlock_by_keyring(&browser).await;
    browser.see("You have an account at this server already.").await;
    browser.press_in("//dialog", "Connect").await;
    page::connection(&browser, "Connected to 2 servers").await;
    browser.press("Accounts").await;
    browser.see(&noah.person.email.to_string()).await;
    browser.photograph("accounts").await;

    browser.close().await;
    stage.stop().await;
}
