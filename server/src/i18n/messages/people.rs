//! Texts: people.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    people_found(n) = "共 {n} 人", "People: {n}";
    people_empty = "名册为空", "The roster is empty";
    people_empty_hint = "导入名册后，可在此发放登记码。", "Import the roster, then issue enrolment codes here.";
    name = "名称", "Name";
    role_head = "角色", "Role";
    home_unit = "所在单位", "Home unit";
    devices = "设备", "Devices";
    no_device = "未登记", "not enrolled";
    enrolment = "登记码", "Enrolment";
    enrolled = "登记于", "enrolled";
    last_sync = "最近同步", "last sync";
    never = "从未", "never";
    inactive = "已停用", "Inactive";
    revoked = "已停用", "Revoked";
    revoke = "停用设备", "Revoke";
    revoke_hint = "停用后不再发给它数据；它补传的内容会收下并隔离，由督查室决定。", "It gets no more data; what it still sends is received and held until the office decides.";
    revoke_done = "设备已停用。", "The device is revoked.";
    unconfirmed = "待核对指纹", "Fingerprint not confirmed";
    confirmed_by(who, at) = "已核对（{who}，{at}）", "confirmed ({who}, {at})";
    confirm_device = "核对指纹", "Confirm fingerprint";
    confirm_hint = "请让本人读出手机上显示的指纹，照样输入。", "Have the person read out the fingerprint that the phone shows, and type it.";
    fingerprint = "手机上显示的指纹", "Fingerprint on the phone";
    confirm_done = "指纹相符，已核对。", "The fingerprint fits; confirmed.";
    fingerprint_differs = "输入的指纹与登记的设备不符。若本人确认没有看错，登记的就不是这部手机：请停用该设备。", "The fingerprint typed is not that of the device. If the person read it right, another phone was enrolled: revoke it.";
    reset_pin = "重设 PIN", "Reset PIN";
    reset_pin_hint = "手机下次同步后可另设 PIN；手机里的内容都在。", "After its next sync the phone may set a new PIN; everything on it stays.";
    reset_pin_done = "已重设：手机下次同步后可另设 PIN。", "Reset: the phone may set a new PIN after its next sync.";
    print_codes = "打印登记码", "Print codes";
    print_chosen = "为勾选的人打印", "Print for those ticked";
    print_without(n) = "为所有未登记手机的人打印（{n}）", "Print for all without a phone ({n})";
    choose_person = "选中", "Choose";
    code_valid_hours = "登记码有效期（小时，1–168）", "Code valid for (hours, 1–168)";
    code_step_0 = "在手机上核对指纹后，请当场读给督查室。", "After enrolling, read the phone's fingerprint to the office at once.";
    issue_code = "发放登记码", "Issue a code";
    code_title = "手机登记码", "Enrolment code";
    qr_alt = "登记二维码", "QR code for enrolment";
    code_step_1 = "用手机浏览器或相机扫描二维码。", "Scan the QR code with the phone's browser or camera.";
    code_step_2 = "核对页面显示的姓名，给手机起个名字。", "Check the name that shows, and name the phone.";
    code_step_3 = "完成后即可离线使用。", "After that it works offline.";
    code_valid(at) = "有效期至 {at}，只能用一次。", "Valid until {at}, for one use.";
    code_once = "此码只显示这一次，服务器不保存原文。离开前请打印（Ctrl+P）或交给本人。", "This is shown only now; the server keeps no copy. Print it (Ctrl+P) or hand it over before you leave.";
}
