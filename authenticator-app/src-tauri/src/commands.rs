//! One function a command; what each does stands in [`crate::desk`].

use tauri::{AppHandle, State};

use crate::{
    desk::Desk,
    ipc::{
        Account, AccountId, Add, Added, Approval, Approve, CodeRow, Copied, CopyText, CreateVault, Deny,
        EditCode, EntryId, HistoryRow, IpcError, Outcome, Recognise, Recognised, RecoveryCode, SetPassphrase,
        Settings, Status, TrashedCode, TypedCode, Unlock, Way,
    },
};

type Answer<T> = Result<T, IpcError>;

#[tauri::command]
pub(crate) async fn status(desk: State<'_, Desk>) -> Answer<Status> {
    Ok(desk.status().await)
}

#[tauri::command]
pub(crate) async fn create_vault(desk: State<'_, Desk>, args: CreateVault) -> Answer<RecoveryCode> {
    Ok(desk.create_vault(&args).await?)
}

#[tauri::command]
pub(crate) async fn new_recovery_code(desk: State<'_, Desk>) -> Answer<RecoveryCode> {
    Ok(desk.new_recovery_code().await?)
}

#[tauri::command]
pub(crate) async fn confirm_recovery(desk: State<'_, Desk>) -> Answer<()> {
    Ok(desk.confirm_recovery().await?)
}

#[tauri::command]
pub(crate) async fn ways(desk: State<'_, Desk>) -> Answer<Vec<Way>> {
    Ok(desk.ways().await?)
}

#[tauri::command]
pub(crate) async fn set_passphrase(desk: State<'_, Desk>, args: SetPassphrase) -> Answer<()> {
    Ok(desk.set_passphrase(&args).await?)
}

#[tauri::command]
pub(crate) async fn use_keyring(desk: State<'_, Desk>) -> Answer<()> {
    Ok(desk.use_keyring().await?)
}

#[tauri::command]
pub(crate) async fn stop_using_keyring(desk: State<'_, Desk>) -> Answer<()> {
    Ok(desk.stop_using_keyring().await?)
}

#[tauri::command]
pub(crate) async fn unlock(desk: State<'_, Desk>, args: Unlock) -> Answer<()> {
    Ok(desk.unlock(&args).await?)
}

#[tauri::command]
pub(crate) async fn lock(desk: State<'_, Desk>) -> Answer<()> {
    desk.lock().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn quit(app: AppHandle) -> Answer<()> {
    // It locks on its way out.
    app.exit(0);
    Ok(())
}

#[tauri::command]
pub(crate) async fn active(desk: State<'_, Desk>) -> Answer<()> {
    desk.touch();
    Ok(())
}

#[tauri::command]
pub(crate) async fn codes(desk: State<'_, Desk>) -> Answer<Vec<CodeRow>> {
    Ok(desk.codes().await?)
}

#[tauri::command]
pub(crate) async fn show_code(desk: State<'_, Desk>, args: EntryId) -> Answer<CodeRow> {
    Ok(desk.show_code(&args.id).await?)
}

#[tauri::command]
pub(crate) async fn copy_code(desk: State<'_, Desk>, args: EntryId) -> Answer<Copied> {
    Ok(desk.copy_code(&args.id).await?)
}

#[tauri::command]
pub(crate) async fn copy_text(desk: State<'_, Desk>, args: CopyText) -> Answer<Copied> {
    Ok(desk.copy_text(args).await?)
}

#[tauri::command]
pub(crate) async fn edit_code(desk: State<'_, Desk>, args: EditCode) -> Answer<()> {
    Ok(desk.edit_code(&args).await?)
}

#[tauri::command]
pub(crate) async fn remove_code(desk: State<'_, Desk>, args: EntryId) -> Answer<()> {
    Ok(desk.remove_code(&args.id).await?)
}

#[tauri::command]
pub(crate) async fn restore_code(desk: State<'_, Desk>, args: EntryId) -> Answer<()> {
    Ok(desk.restore_code(&args.id).await?)
}

#[tauri::command]
pub(crate) async fn trash(desk: State<'_, Desk>) -> Answer<Vec<TrashedCode>> {
    Ok(desk.trash().await?)
}

#[tauri::command]
pub(crate) async fn delete_code(desk: State<'_, Desk>, args: EntryId) -> Answer<()> {
    Ok(desk.delete_code(&args.id).await?)
}

#[tauri::command]
pub(crate) async fn recognise(desk: State<'_, Desk>, args: Recognise) -> Answer<Vec<Recognised>> {
    Ok(desk.recognise(args).await?)
}

#[tauri::command]
pub(crate) async fn recognise_typed(desk: State<'_, Desk>, args: TypedCode) -> Answer<Recognised> {
    Ok(desk.recognise_typed(&args).await?)
}

#[tauri::command]
pub(crate) async fn add(desk: State<'_, Desk>, args: Add) -> Answer<Added> {
    Ok(desk.add(&args).await?)
}

#[tauri::command]
pub(crate) async fn approvals(desk: State<'_, Desk>) -> Answer<Vec<Approval>> {
    Ok(desk.approvals().await?)
}

#[tauri::command]
pub(crate) async fn approve(desk: State<'_, Desk>, args: Approve) -> Answer<Outcome> {
    Ok(desk.approve(&args).await?)
}

#[tauri::command]
pub(crate) async fn deny(desk: State<'_, Desk>, args: Deny) -> Answer<Outcome> {
    Ok(desk.deny(&args).await?)
}

#[tauri::command]
pub(crate) async fn history(desk: State<'_, Desk>) -> Answer<Vec<HistoryRow>> {
    Ok(desk.history().await?)
}

#[tauri::command]
pub(crate) async fn accounts(desk: State<'_, Desk>) -> Answer<Vec<Account>> {
    Ok(desk.accounts().await?)
}

#[tauri::command]
pub(crate) async fn remove_account(desk: State<'_, Desk>, args: AccountId) -> Answer<()> {
    Ok(desk.remove_account(&args.id).await?)
}

#[tauri::command]
pub(crate) async fn set_settings(desk: State<'_, Desk>, args: Settings) -> Answer<()> {
    Ok(desk.set_settings(args).await?)
}
