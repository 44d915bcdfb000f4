# Runs in `odoo shell` while the template is made: what users of the shop put in, rows and files. Among them the trap
# for every asset repair: an image from the media dialog, public and of ir.ui.view with res_id 0, like a compiled bundle.
import base64


def datas(text):
    return base64.b64encode(text.encode())


env["shop.note"].create([{"name": "Note %d" % n, "body": "kept through every recovery, %d" % n} for n in range(20)])  # noqa: F821
attachments = env["ir.attachment"]  # noqa: F821
for n in range(5):
    attachments.create({"name": "invoice-%d.pdf" % n, "datas": datas("%PDF-1.4 invoice " + str(n)), "mimetype": "application/pdf"})
attachments.create(
    {
        "name": "banner.png",
        "datas": datas("a banner of the shop"),
        "mimetype": "image/png",
        "public": True,
        "res_model": "ir.ui.view",
        "res_id": 0,
    }
)
env.cr.commit()  # noqa: F821
