//! The windows on a display of X11, for whoever looks at a program from outside.

use x11rb::{
    connection::Connection,
    errors::ReplyError,
    protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask, MapState, Window},
};

/// The windows that are seen.
///
/// # Errors
/// The display does not answer.
pub fn seen(connection: &impl Connection, root: Window) -> Result<Vec<Window>, ReplyError> {
    let mut windows = Vec::new();
    for window in connection.query_tree(root)?.reply()?.children {
        if connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE {
            windows.push(window);
        }
    }
    Ok(windows)
}

/// Asks each window that is seen to close, as its frame would.
///
/// # Errors
/// The display does not answer.
pub fn close(connection: &impl Connection, root: Window) -> Result<(), ReplyError> {
    let atom =
        |name: &str| Ok::<_, ReplyError>(connection.intern_atom(false, name.as_bytes())?.reply()?.atom);
    let (protocols, delete) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
    for window in seen(connection, root)? {
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        connection.send_event(false, window, EventMask::NO_EVENT, message)?;
    }
    Ok(connection.flush()?)
}
